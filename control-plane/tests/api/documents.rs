//! What anybody may read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::stand::{Answer, Stand, read};

async fn get(stand: &Stand, path: &str) -> Answer {
    read(stand.send("GET", path, &[], Vec::new()).await).await
}

#[tokio::test(start_paused = true)]
async fn the_catalogue_says_what_is_sold_and_not_how_it_is_run() {
    let stand = Stand::new().await;
    let catalogue = get(&stand, "/catalogue").await.is(200)["data"].clone();
    assert_eq!(catalogue["tiers"][0]["name"], "basic");
    assert_eq!(catalogue["tiers"][0]["limits"]["requestsPerSecond"], 10);
    assert_eq!(catalogue["services"][0]["healthPath"], "/orders/health");
    let text = catalogue.to_string();
    assert!(!text.contains("command") && !text.contains("environment") && !text.contains("image"));
}

#[tokio::test(start_paused = true)]
async fn the_viewer_is_bundled_and_reads_the_document_beside_it() {
    let stand = Stand::new().await;
    assert_eq!(get(&stand, "/openapi.json").await.is(200)["openapi"], "3.1.0");
    let entry = get(&stand, "/docs").await;
    assert_eq!((entry.status, entry.headers["location"].to_str().unwrap()), (303, "/docs/"));
    let page = get(&stand, "/docs/").await;
    assert_eq!(page.headers["content-type"], "text/html");
    let page = String::from_utf8(page.body).unwrap();
    assert!(!page.contains("//unpkg") && !page.contains("https://"), "{page}");
    let start = get(&stand, "/docs/swagger-initializer.js").await;
    assert!(String::from_utf8(start.body).unwrap().contains("../openapi.json"));
    let script = get(&stand, "/docs/swagger-ui-bundle.js").await;
    assert!(script.status == 200 && script.body.len() > 100_000);
    get(&stand, "/docs/nothing.js").await.faults(404);
}

/// Its policy lets it run files of its own alone, and there is nothing in it that would need more.
#[tokio::test(start_paused = true)]
async fn the_viewer_keeps_to_itself() {
    let stand = Stand::new().await;
    // The viewer's logo brings a style sheet of its own.
    let style = ".logo_small_svg__cls-2{fill:#fff}.logo_small_svg__cls-3{fill:#85ea2d}";
    let preset = get(&stand, "/docs/swagger-ui-standalone-preset.js").await.body;
    assert!(String::from_utf8(preset).unwrap().contains(style), "the logo has another style sheet now");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
    let logo = &*format!("style-src 'self' 'sha256-{}'", STANDARD.encode(digest));
    for file in ["", "index.html", "swagger-initializer.js", "swagger-ui-bundle.js", "swagger-ui.css", "index.css"] {
        let answer = get(&stand, &format!("/docs/{file}")).await;
        let said = |name: &str| answer.headers[name].to_str().unwrap();
        let policy: Vec<_> = said("content-security-policy").split("; ").collect();
        for part in ["default-src 'none'", "script-src 'self'", logo, "frame-ancestors 'none'"] {
            assert!(policy.contains(&part), "{file}: {policy:?}");
        }
        assert_eq!((said("x-content-type-options"), said("referrer-policy")), ("nosniff", "no-referrer"));
    }
    let page = String::from_utf8(get(&stand, "/docs/").await.body).unwrap().to_lowercase();
    let scripts: Vec<_> = page.split("<script").skip(1).collect();
    assert!(scripts.len() >= 3 && scripts.iter().all(|script| script.trim_start().starts_with("src=\"./")), "{page}");
    let inline = |script: &&str| !script.split_once('>').unwrap().1.split_once('<').unwrap().0.trim().is_empty();
    assert!(!scripts.iter().any(inline), "{page}");
    for never in ["<style", "style=", " onload=", " onclick=", "javascript:"] {
        assert!(!page.contains(never), "{never} in {page}");
    }
    // It would have somebody on the internet look at the document.
    let start = String::from_utf8(get(&stand, "/docs/swagger-initializer.js").await.body).unwrap();
    assert!(start.contains("\"validatorUrl\": \"none\""), "{start}");
}

#[tokio::test(start_paused = true)]
async fn readiness_follows_the_process() {
    let stand = Stand::new().await;
    get(&stand, "/readyz").await.is(200);
    stand.ready.send(false).unwrap();
    get(&stand, "/readyz").await.faults(503);
    get(&stand, "/healthz").await.is(200);
}

/// Every member an answer is documented to have is there, in an answer of every kind.
#[tokio::test(start_paused = true)]
async fn answers_have_what_the_document_requires() {
    let stand = Stand::new().await;
    let data = stand.register("acme", "basic").await;
    let api = get(&stand, "/openapi.json").await.json();
    let text = |name: &str| data[name].as_str().unwrap();
    for (path, schema) in [
        (format!("/tenants/{}", text("tenantId")), "Tenant"),
        (format!("/tenant-registrations/{}", text("tenantId")), "Registration"),
        (format!("/operations/{}", text("operationId")), "Operation"),
        ("/catalogue".to_owned(), "Catalogue"),
    ] {
        let answer = stand.call("GET", &path, None).await.is(200);
        holds(&api, schema, &answer["data"]);
    }
    let events = stand.call("GET", "/events", None).await.is(200);
    holds(&api, "Event", &events["data"][0]);
    holds(&api, "Problem", &stand.call("GET", "/tenants/nope", None).await.is(404));
}

fn holds(api: &Value, schema: &str, answer: &Value) {
    let schema_value = &api["components"]["schemas"][schema];
    let required = schema_value["required"].as_array().unwrap_or_else(|| panic!("{schema}: {schema_value}"));
    assert!(!required.is_empty());
    for name in required {
        assert!(answer.get(name.as_str().unwrap()).is_some(), "{schema} without {name}: {answer}");
    }
}
