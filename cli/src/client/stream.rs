//! Server-sent events.

use std::collections::VecDeque;

use reqwest::Response;
use serde_json::Value;

/// One event of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub id: String,
    pub data: Value,
}

/// A stream being read.
pub struct Stream {
    response: Response,
    parser: Parser,
    ready: VecDeque<Sent>,
}

impl Stream {
    pub fn new(response: Response) -> Self {
        Self { response, parser: Parser::default(), ready: VecDeque::new() }
    }

    /// The next event; none when the stream has ended or broken.
    pub async fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some(sent) = self.ready.pop_front() {
                return Some(sent);
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.ready.extend(self.parser.feed(&chunk));
        }
    }
}

/// Bytes in, events out; an event may come in any number of pieces.
#[derive(Default)]
struct Parser {
    rest: Vec<u8>,
    id: String,
    data: String,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Sent> {
        self.rest.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            events.extend(self.line(line.trim_end_matches(['\r', '\n'])));
        }
        events
    }

    fn line(&mut self, line: &str) -> Option<Sent> {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            let data = serde_json::from_str(&data).ok()?;
            return Some(Sent { id: self.id.clone(), data });
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => value.clone_into(&mut self.id),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_in_any_number_of_pieces() {
        let text =
            ": alive\n\nid: 1\nevent: x\ndata: {\"a\":\ndata: \"é\"}\n\nid: 2\r\ndata:{}\r\n\r\ndata: no json\n\n";
        let expected = [Sent { id: "1".into(), data: json!({ "a": "é" }) }, Sent { id: "2".into(), data: json!({}) }];
        for size in [1, 2, 3, 7, 1000] {
            let mut parser = Parser::default();
            let events: Vec<_> = text.as_bytes().chunks(size).flat_map(|chunk| parser.feed(chunk)).collect();
            assert_eq!(events, expected, "{size}");
        }
    }
}
