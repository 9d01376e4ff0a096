//! Lists: a page, or all of them.

use clap::Args;
use serde_json::{Value, json};

use super::api::Api;
use super::console::Console;
use super::table::{self, Column};

#[derive(Debug, Clone, Args)]
pub struct Paging {
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    /// Go on where an earlier list ended
    #[arg(long, value_name = "TOKEN")]
    next_token: Option<String>,

    /// All there are
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// What one list shows.
pub struct List<'a> {
    pub path: &'a [&'a str],
    pub query: Vec<(&'a str, &'a str)>,
    pub columns: &'a [Column],
    /// The most that the API gives at once.
    pub page: u32,
    pub nothing: &'a str,
}

/// Reads as many pages as are wanted, and shows them.
pub async fn show(
    list: &List<'_>,
    paging: &Paging,
    api: &Api,
    json: bool,
    console: &mut Console,
) -> anyhow::Result<()> {
    let mut items: Vec<Value> = Vec::new();
    let mut next = paging.next_token.clone();
    loop {
        let have = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let wanted = if paging.all { list.page } else { list.page.min(paging.limit.saturating_sub(have)) };
        if wanted == 0 {
            break;
        }
        let limit = wanted.to_string();
        let mut query = list.query.clone();
        query.push(("limit", &limit));
        if let Some(token) = &next {
            query.push(("next_token", token));
        }
        let mut answer = api.get(list.path, &query).await?;
        if let Value::Array(page) = answer["data"].take() {
            items.extend(page);
        }
        next = answer["next_token"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    if json {
        let mut document = json!({ "data": items });
        if let Some(token) = &next {
            document["next_token"] = token.as_str().into();
        }
        return console.json(&document);
    }
    if items.is_empty() {
        return console.remark(list.nothing);
    }
    console.line(&table::rows(list.columns, &items))?;
    if let Some(token) = next {
        console.remark(&format!("There are more: --all, or --next-token {token}"))?;
    }
    Ok(())
}
