use super::*;

fn namespaces(count: usize) -> Vec<Namespace> {
    (0..count).map(|n| Namespace { id: format!("ns-{n}"), name: format!("{n}.internal") }).collect()
}

#[test]
fn names_are_spread_and_a_new_namespace_moves_few() {
    let (before, after) = (namespaces(4), namespaces(5));
    let first = |namespaces: &[Namespace], label: &str| preferred(namespaces, label)[0].id.clone();
    let labels: Vec<_> = (0..1_000).map(|n| format!("orders-{n}")).collect();
    for namespace in &before {
        let here = labels.iter().filter(|label| first(&before, label) == namespace.id).count();
        assert!((150..350).contains(&here), "{here}");
    }
    let moved = labels.iter().filter(|label| first(&before, label) != first(&after, label)).count();
    assert!((100..300).contains(&moved), "{moved}");
}
