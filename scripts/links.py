#!/usr/bin/env python3
"""Fails for a link inside the built book that leads nowhere."""
import pathlib
import re
import sys
import urllib.parse

book = pathlib.Path(sys.argv[1]).resolve()
broken = []
for page in book.rglob("*.html"):
    if page.name in {"print.html", "toc.html", "404.html"}:
        continue
    for link in re.findall(r'(?:href|src)="([^"#?]+)', page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:|//", link):
            continue
        target = (page.parent / urllib.parse.unquote(link)).resolve()
        if not target.exists():
            broken.append(f"{page.relative_to(book)}: {link}")
if broken:
    print("links that lead nowhere:", *sorted(set(broken)), sep="\n  ")
    sys.exit(1)
