fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(100);
    let from: u64 = std::env::args().nth(2).and_then(|a| a.parse().ok()).unwrap_or(0);
    let began = std::time::Instant::now();
    let mut steps = 0;
    let mut kinds: std::collections::BTreeMap<String, (u64, u64)> = Default::default();
    for seed in from..from + seeds {
        let out = orchestron_sim::core::play(seed, &Default::default(), false);
        steps += out.steps;
        if let Some(v) = out.violation {
            let e = kinds.entry(v.what.to_string()).or_insert((0, seed));
            e.0 += 1;
            if e.0 < 3 { println!("seed {seed}: {} : {} at {}", v.what, v.detail.chars().take(400).collect::<String>(), v.step); }
        }
    }
    println!("{kinds:#?}");
    println!("steps {steps} {:.2} s {:.0}/s", began.elapsed().as_secs_f64(), steps as f64 / began.elapsed().as_secs_f64());
    if seeds == 1 {
        let out = orchestron_sim::core::play(from, &Default::default(), true);
        for l in out.trace.iter().rev().take(80).rev() { println!("{l}"); }
    }
}
