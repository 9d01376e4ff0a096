//! The gateway, with everything it checks, beside nginx that checks nothing.

use crate::context::Context;
use crate::cpu;
use crate::front::Front;
use crate::load::drive;
use crate::nginx::Nginx;
use crate::row::Row;
use crate::stats::Runs;

/// Where latency is compared: this share of nginx's rate.
const SHARE: f64 = 0.7;

pub async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let front = Front::start(context).await?;
    let nginx = Nginx::start(context, front.upstream).await?;
    let sides = [front.system.gateway()?, nginx.at];
    let render = |request: &mut Vec<u8>| request.extend_from_slice(&front.request);
    let mut rates = [Runs::default(), Runs::default()];
    let mut p99s = [Runs::default(), Runs::default()];
    let mut cpus = [Runs::default(), Runs::default()];
    let pids = [vec![front.system.pid()], nginx.pids()];
    for _ in 0..context.runs() {
        for (((at, rate), cpu), pids) in sides.iter().zip(&mut rates).zip(&mut cpus).zip(&pids) {
            let before = cpu::of(pids);
            let measured = drive(*at, 200, context.span(), None, &render).await?;
            cpu.push(cpu::each(before, cpu::of(pids), measured.sent));
            rate.push(measured.per_second);
        }
        let rate = rates[1].median() * SHARE;
        for (at, p99) in sides.iter().zip(&mut p99s) {
            p99.push(drive(*at, 200, context.span(), Some(rate), &render).await?.p99);
        }
    }
    front.system.stop()?;
    let ([ours, theirs], [our_p99, their_p99], [our_cpu, their_cpu]) = (&rates, &p99s, &cpus);
    let (speed, delay) = (ours.median() / theirs.median(), our_p99.median() / their_p99.median());
    Ok(vec![
        Row::new(
            "gateway, throughput at saturation",
            "≥ 1.0 × nginx",
            format!("{}; {speed:.2} ×; CPU {}", ours.show(0, "/s"), our_cpu.show(1, " µs each")),
        )
        .beside(format!("nginx {}, CPU {}", theirs.show(0, "/s"), their_cpu.show(1, " µs each")))
        .met(speed >= 1.0),
        Row::new(
            "gateway, p99 at 70 % of nginx's rate",
            "≤ 1.2 × nginx",
            format!("{}; {delay:.2} ×", our_p99.show(2, " ms")),
        )
        .beside(format!("nginx {}", their_p99.show(2, " ms")))
        .met(delay <= 1.2),
    ])
}
