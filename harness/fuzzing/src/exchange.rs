//! Searches side by side, giving each other what is worth keeping.
//!
//! They meet after so many executions each, and wait for each other there. So what a search is given
//! depends on no chance of threads, and a run on its seed alone.

use std::collections::HashSet;
use std::sync::{Barrier, Mutex, PoisonError};

use kvspec_reference::Workload;

/// The place where searches meet.
pub(super) struct Exchange {
    barrier: Barrier,
    posts: Mutex<Vec<Post>>,
}

/// What one search brought to the last meeting.
#[derive(Debug, Clone, Default)]
struct Post {
    workloads: Vec<Workload>,
    is_over: bool,
    ends_all: bool,
}

/// A search at the exchange.
pub(super) struct Member<'e> {
    exchange: &'e Exchange,
    number: usize,
    /// Everything that anyone brought so far. Only asked for members: its order shows nowhere.
    known: HashSet<Workload>,
}

impl Exchange {
    /// Where so many searches meet; at least 1.
    pub(super) fn among(members: usize) -> Self {
        Self { barrier: Barrier::new(members), posts: Mutex::new(vec![Post::default(); members]) }
    }

    pub(super) fn member(&self, number: usize) -> Member<'_> {
        Member { exchange: self, number, known: HashSet::new() }
    }
}

impl Member<'_> {
    /// Waits until all searches are here; gives what the others bring that was not brought before.
    /// `None`: all are over, or one ended all. Who is over must come, too, until then.
    pub(super) fn meet<'w>(
        &mut self,
        corpus: impl Iterator<Item = &'w Workload>,
        is_over: bool,
        ends_all: bool,
    ) -> Option<Vec<Workload>> {
        let posts = || self.exchange.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_alone = posts().len() == 1;
        if is_alone {
            return (!is_over).then(Vec::new);
        }
        let workloads = corpus.filter(|workload| !self.known.contains(*workload)).cloned().collect();
        posts()[self.number] = Post { workloads, is_over, ends_all };
        self.exchange.barrier.wait();
        let brought = posts().clone();
        // Nobody may bring anything new before all have seen this.
        self.exchange.barrier.wait();
        let ends = brought.iter().any(|post| post.ends_all) || brought.iter().all(|post| post.is_over);
        let mut from_others = Vec::new();
        for (number, post) in brought.into_iter().enumerate() {
            for workload in post.workloads {
                if self.known.insert(workload.clone()) && number != self.number {
                    from_others.push(workload);
                }
            }
        }
        (!ends).then_some(from_others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::workload::text;

    fn workload(key: &str) -> Workload {
        text::parse(&format!("kvspec workload 1\nsessions 1\n0 get b {key}\n")).unwrap().workload
    }

    #[test]
    fn what_one_brings_all_others_get_once() {
        let exchange = Exchange::among(3);
        let got: Vec<Vec<Vec<Workload>>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3)
                .map(|number| {
                    let exchange = &exchange;
                    scope.spawn(move || {
                        let mut member = exchange.member(number);
                        let mut corpus = vec![workload(&format!("k{number}"))];
                        let mut got = Vec::new();
                        for round in 0.. {
                            // The first is over early, and still meets the others.
                            let Some(from_others) = member.meet(corpus.iter(), number == 0 || round == 2, false) else {
                                break;
                            };
                            corpus.extend(from_others.clone());
                            got.push(from_others);
                        }
                        got
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (number, rounds) in got.into_iter().enumerate() {
            let others = (0..3).filter(|other| *other != number).map(|other| workload(&format!("k{other}"))).collect();
            assert_eq!(rounds, [others, Vec::new()]);
        }
    }

    #[test]
    fn one_that_ends_all_ends_all() {
        let exchange = Exchange::among(2);
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(exchange.member(0).meet([].iter(), false, true), None));
            scope.spawn(|| assert_eq!(exchange.member(1).meet([].iter(), false, false), None));
        });
    }
}
