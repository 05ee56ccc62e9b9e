//! The judge and porcupine-rs, a general search, agree on linearizability.

mod random;

use std::time::Duration;

use kvspec_reference::consistency::Finding;
use kvspec_reference::consistency::register::linearizable;
use random::{Mix, Random, large, peer};

/// Long enough that only a hang of the peer reaches it.
const PEER_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn random_histories_get_the_peers_verdict() {
    let all = random::count(10_000);
    let (mut count, mut kept) = (0, 0);
    for i in 0..all {
        let mut random = Random::new(20 << 40 | i);
        let mix = Mix { wrong: random.below(12), ..Mix::drawn(&mut random, 40) };
        let history = random::history(&mut random, &mix);
        if !history.handovers().is_empty() {
            // The peer knows intervals alone, and not which session issued them.
            continue;
        }
        count += 1;
        let theirs = peer::is_linearizable(&peer::operations(&history), PEER_LIMIT).expect("the peer ends in time");
        let ours = match linearizable::check(&history) {
            Finding::Kept | Finding::NotExercised(_) => true,
            Finding::Broken(_) => false,
            Finding::Unknown(why) => panic!("unknown: {why}\n{}", random::text(&history)),
        };
        assert_eq!(ours, theirs, "history {i}\n{}", random::text(&history));
        kept += u64::from(ours);
    }
    println!("{count} histories, {kept} linearizable");
    assert!(count * 2 > all, "only {count} of {all} were compared");
    assert!(kept * 5 > count && (count - kept) * 5 > count, "{kept} of {count} are linearizable: too one-sided");
}

#[test]
fn long_histories_with_deletes_get_the_peers_verdict() {
    for seed in 0..random::count(10_000) / 250 {
        let load = large::Load::with_exists(600, 5, 2);
        let mut history = large::history(seed, &load);
        assert_eq!(linearizable::check(&history), Finding::Kept, "seed {seed}");
        assert_eq!(peer::is_linearizable(&peer::operations(&history), PEER_LIMIT), Some(true), "seed {seed}");
        large::make_one_read_stale(&mut history);
        assert!(matches!(linearizable::check(&history), Finding::Broken(_)), "seed {seed}");
        assert_eq!(peer::is_linearizable(&peer::operations(&history), PEER_LIMIT), Some(false), "seed {seed}");
    }
}
