//! The order of events that carry the same time.
//!
//! Operations of two sessions that touch in time overlap: which came first is not known. So the
//! invocations of an instant are ranked before its responses. A session, though, issues one call
//! after another: if it **hands over** at an instant, ending one operation and beginning the next,
//! the response is ranked before the invocation. For one such session, everything can be said at
//! once:
//!
//! ```text
//! time 5     session 0: ends A, begins B      session 1: begins C      session 2: ends D
//! ranks      C begins, A ends, B begins, D ends
//! ```
//!
//! C overlaps A and B, D overlaps B and C, and A precedes B. This holds too for operations that begin
//! and end at that instant, and for several of them.
//!
//! Where two sessions hand over at one instant no ranks can say all: A before B and D before E in
//! their sessions, while A overlaps E and D overlaps B, is the very pattern that no order of
//! intervals has (Fishburn 1970). Then one of them, that with the lowest number, is ranked as above.
//! The operations of the others overlap by their ranks, so that nothing is held against a store that
//! is not certain, and their order is noted in [`History::handovers`](super::History::handovers).

use std::collections::BTreeSet;

use super::entry::Entry;

/// An event: its time, whether it is a response, and its entry.
pub(super) type Event = (u64, bool, u32);

/// Orders events, sorted by time, where times are equal. Gives the entries of each session that
/// handed over at an instant and was not ranked so, in their order. O(n) besides the sorting of equal
/// times.
pub(super) fn order(events: &mut [Event], entries: &[Entry]) -> Vec<Vec<u32>> {
    let mut unranked = Vec::new();
    let mut start = 0;
    while start < events.len() {
        let time = events[start].0;
        let end = start + events[start..].iter().take_while(|event| event.0 == time).count();
        if end - start > 1 {
            order_instant(&mut events[start..end], entries, &mut unranked);
        }
        start = end;
    }
    unranked
}

fn order_instant(events: &mut [Event], entries: &[Entry], unranked: &mut Vec<Vec<u32>>) {
    let time = events[0].0;
    let entry = |event: &Event| &entries[event.2 as usize];
    // Of one session, what also ends at this instant came before what does not.
    let place_in_session = |event: &Event| match (entry(event).invoke == time, entry(event).response == Some(time)) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    };
    let mut handing_over = sessions_handing_over(events, entries).into_iter();
    let chosen = handing_over.next();
    for session in handing_over {
        let of_session = events.iter().filter(|event| entry(event).session == session);
        let mut of_session: Vec<&Event> = of_session.collect();
        of_session.sort_by_key(|event| (place_in_session(event), event.2));
        let mut numbers: Vec<u32> = of_session.into_iter().map(|event| event.2).collect();
        numbers.dedup();
        unranked.push(numbers);
    }
    events.sort_by_key(|event| {
        let (_, is_response, number) = *event;
        let place = place_in_session(event);
        match Some(entry(event).session) == chosen {
            true => (1, place, number, is_response),
            false if is_response => (2, 0, number, true),
            false => (0, place, number, false),
        }
    });
}

/// The sessions that end an operation at this instant and then begin another, ascending.
fn sessions_handing_over(events: &[Event], entries: &[Entry]) -> BTreeSet<u16> {
    let session = |event: &Event| entries[event.2 as usize].session;
    let mut ends: Vec<(u16, u32)> = events.iter().filter(|e| e.1).map(|e| (session(e), e.2)).collect();
    if ends.is_empty() || ends.len() == events.len() {
        return BTreeSet::new();
    }
    ends.sort_unstable();
    let begins = events.iter().filter(|e| !e.1);
    let hands_over = |begin: &&Event| {
        let of_session = ends.partition_point(|(other, _)| *other < session(begin));
        // Of one session, an operation that ended now and is not the one that begins was before it,
        // or is followed by it.
        ends[of_session..].iter().take_while(|(other, _)| *other == session(begin)).any(|(_, ended)| *ended != begin.2)
    };
    begins.filter(hands_over).map(session).collect()
}
