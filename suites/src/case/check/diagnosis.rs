//! What a wrong read refutes: which requirement the diagnosis of a value stands for, given what the
//! case claims, and how a read of an older state is blamed.
//!
//! What a value is, and which requirement that breaks by itself,
//! [`eventual::diagnosis`](kvspec_reference::eventual::diagnosis) says, for cases and workloads alike.
//! [`refuted_by`] is the one place where a claim changes the name.

use kvspec_reference::RequirementId;
use kvspec_reference::anomaly::{name_text, value_text};
use kvspec_reference::eventual::diagnosis::{Awaited, Budget, Diagnosis, Naming, WrongRead};
use kvspec_reference::history::{History, Kind, Outcome, State, Value};

use crate::requirement::{self, Concern};

/// What is wrong with a read, and which requirement says so.
pub(super) struct Blame {
    pub(super) requirement: RequirementId,
    /// A chain: each sentence follows from those before it.
    pub(super) sentences: Vec<String>,
    /// Operations that the sentences name.
    pub(super) operations: Vec<usize>,
}

impl Blame {
    pub(super) fn claimed(claim: RequirementId) -> Self {
        Self { requirement: claim, sentences: Vec::new(), operations: Vec::new() }
    }

    fn new(requirement: RequirementId, sentence: String) -> Self {
        Self { requirement, sentences: vec![sentence], operations: Vec::new() }
    }

    fn with(mut self, operation: usize) -> Self {
        self.operations.push(operation);
        self
    }
}

/// The requirement that a damaged value refutes: the one that the history shows to be broken, unless
/// the case claims one that speaks of this very damage.
fn refuted_by(diagnosis: &Diagnosis<'_>, claim: RequirementId) -> RequirementId {
    use RequirementId as Id;
    let claims: &[RequirementId] = match diagnosis {
        Diagnosis::OtherRegister { .. } => &[Id::KveKey01, Id::KveKey02, Id::KveBkt01, Id::KveBkt05],
        Diagnosis::CutShort(_) | Diagnosis::WithoutStart(_) | Diagnosis::Middle(_) => {
            &[Id::KveVal03, Id::KveVal01, Id::KveOut01, Id::KveInc01, Id::KveInc03, Id::KveSet03, Id::KveSet04]
        }
        Diagnosis::OldTail { .. } => &[Id::KveSet02],
        Diagnosis::Extended(_) => &[Id::KveOut01, Id::KveInc01, Id::KveSet03, Id::KveSet04],
        Diagnosis::Mixed(_) => &[Id::KveInc03, Id::KveOut01, Id::KveInc01, Id::KveSet02, Id::KveSet04],
        Diagnosis::Reencoded(..) | Diagnosis::Altered(_) => &[Id::KveOut01, Id::KveInc01, Id::KveInc03, Id::KveSet04],
        // What is invented for an absent key refutes whatever was claimed of its absence.
        Diagnosis::EmptyForAbsent => &[claim],
        _ => &[
            Id::KveInt02,
            Id::KveGet02,
            Id::KveGet03,
            Id::KveDel01,
            Id::KveDel02,
            Id::KveSet04,
            Id::KveOut01,
            Id::KveOut02,
            Id::KveInc01,
            Id::KveInc03,
            Id::KveVal02,
        ],
    };
    match diagnosis.requirement() {
        Some(shown) if !claims.contains(&claim) => shown,
        _ => claim,
    }
}

/// The last write of the register of operation `read` that was invoked before it.
pub(super) fn last_write_before(history: &History, read: usize) -> Option<usize> {
    let register = history.records()[read].register;
    (0..read).rev().find(|&i| history.records()[i].register == register && history.records()[i].kind.is_write())
}

/// Why `exists` is wrong.
pub(super) fn of_presence(claim: RequirementId, seen: bool, history: &History, read: usize) -> Blame {
    let register = history.records()[read].register;
    let of_register = |&i: &usize| history.records()[i].register == register;
    let last_of = |kind: Kind| (0..read).rev().filter(of_register).find(|&i| history.records()[i].kind == kind);
    match (seen, last_of(Kind::Set), last_of(Kind::Delete)) {
        (true, None, _) => Blame::new(claim, format!("#{read} says that it exists, though it was never set"))
            .with_collision(Kind::Set, history, read),
        (true, Some(set), Some(delete)) if set < delete => {
            let requirement = of_own_older_state(claim, history, read);
            Blame::new(requirement, format!("#{read} still says that it exists, though #{delete} deleted it"))
        }
        (false, Some(set), _) => {
            let claim = if is_of_origin(claim) { RequirementId::KveExi01 } else { claim };
            let last_get = (set..read).rev().filter(of_register).find(|&i| history.records()[i].kind == Kind::Get);
            let sentence = format!("#{read} says that it does not exist, though #{set} set it");
            match last_get {
                Some(get) => {
                    let sentence = format!("{sentence}; #{get} was a get of it: {}", history.operation_text(get));
                    Blame::new(claim, sentence).with(get)
                }
                None => Blame::new(claim, sentence),
            }
        }
        _ => Blame::claimed(claim),
    }
}

/// Why the state that a `get` gave is wrong.
pub(super) fn of_value(
    claim: RequirementId,
    expected: Option<&[u8]>,
    seen: Option<&[u8]>,
    history: &History,
    read: usize,
) -> Blame {
    let Some(seen) = seen else { return of_absence(claim, history, read) };
    let record = &history.records()[read];
    let awaited = expected.map_or(Awaited::Absent, Awaited::Value);
    let wrong = WrongRead { history, read, state: record.operand.state(), value: Some(seen), awaited };
    let own: Vec<u32> =
        (0u32..).zip(history.records()).filter(|(_, r)| r.register == record.register).map(|(i, _)| i).collect();
    let diagnosis = wrong.diagnose(&own, wrong.set_elsewhere(), &mut Budget::default());
    let requirement = match &diagnosis {
        Diagnosis::SetHere { writer } => return of_older(claim, history, read, *writer),
        Diagnosis::EmptyForAbsent if was_never_deleted(claim, history, read) => RequirementId::KveDel01,
        diagnosis => refuted_by(diagnosis, claim),
    };
    let blame = Blame::new(requirement, diagnosis.sentence(seen, &Numbers { history, read }));
    diagnosis.writers().into_iter().fold(blame, Blame::with)
}

/// Operations named by their place in the history.
struct Numbers<'h> {
    history: &'h History,
    read: usize,
}

impl Naming for Numbers<'_> {
    fn read(&self) -> String {
        format!("what #{} gave", self.read)
    }

    fn operation(&self, index: usize) -> String {
        format!("#{index}")
    }

    fn value(&self, writer: usize) -> String {
        match self.history.values().get(self.history.records()[writer].operand.state().index()) {
            Some(Value::Bytes(bytes)) => format!("what #{writer} set ({})", value_text(bytes)),
            Some(_) | None => format!("what #{writer} set"),
        }
    }

    fn owner(&self, writer: usize) -> String {
        format!("#{writer}'s value")
    }

    fn place(&self, writer: usize) -> String {
        let (bucket, key) = &self.history.registers()[self.history.records()[writer].register as usize];
        format!("{}/{}", name_text(bucket), name_text(key))
    }
}

fn of_absence(claim: RequirementId, history: &History, read: usize) -> Blame {
    let claim = of_own_older_state(claim, history, read);
    let register = history.records()[read].register;
    let delete = (0..read)
        .rev()
        .find(|&i| history.records()[i].register == register && history.records()[i].kind == Kind::Delete);
    match delete {
        Some(delete) => {
            let sentence = format!("#{read} shows the state that #{delete} left behind, which a later set replaced");
            Blame::new(claim, sentence).with(delete)
        }
        None => Blame::new(claim, format!("#{read} shows the key as if it had never been set; it was never deleted"))
            .with_collision(Kind::Delete, history, read),
    }
}

/// Claims that a write to one register leaves another alone.
const APART: [RequirementId; 4] =
    [RequirementId::KveKey01, RequirementId::KveKey02, RequirementId::KveBkt01, RequirementId::KveBkt05];

impl Blame {
    /// Where registers are claimed to be apart: the last write of this kind to another one before the read,
    /// since the read's own was written. It may be what collided, so it belongs to the history that accuses.
    fn with_collision(self, kind: Kind, history: &History, read: usize) -> Self {
        let records = history.records();
        let register = records[read].register;
        let since = last_write_before(history, read).map_or(0, |last| last + 1);
        let is_other = |i: &usize| records[*i].register != register && records[*i].kind == kind;
        let Some(other) = (since..read).rev().find(is_other).filter(|_| APART.contains(&self.requirement)) else {
            return self;
        };
        let mut blame = self.with(other);
        blame.sentences.push(format!("the last {} of another key before that is #{other}", kind.name()));
        blame
    }
}

/// The value was set at this key, but another write came later.
fn of_older(claim: RequirementId, history: &History, read: usize, writer: usize) -> Blame {
    let claim = of_own_older_state(claim, history, read);
    let sentence = match last_write_before(history, read) {
        _ if writer > read => format!("what #{read} gave was set by #{writer}, after the get had handed its value out"),
        Some(last) if last != writer && history.records()[last].kind == Kind::Delete => {
            format!("what #{read} gave was set by #{writer}, before #{last} deleted it")
        }
        Some(last) if last != writer => format!("what #{read} gave was set by #{writer}, before #{last} replaced it"),
        _ => format!("what #{read} gave was set by #{writer}"),
    };
    Blame::new(claim, sentence).with(writer)
}

/// Whether the claim admits every state that the register ever had.
fn is_of_origin(claim: RequirementId) -> bool {
    requirement::find(claim).concern == Concern::Origin
}

/// What a read refutes that gave a state which this register once had, where the case claims `claim`.
fn of_own_older_state(claim: RequirementId, history: &History, read: usize) -> RequirementId {
    let last = last_write_before(history, read).map(|write| history.records()[write].kind);
    match last {
        _ if was_never_deleted(claim, history, read) => RequirementId::KveDel01,
        Some(Kind::Delete) if is_of_origin(claim) => RequirementId::KveDel01,
        _ if is_of_origin(claim) => RequirementId::KveCon02,
        _ => claim,
    }
}

/// Requirements that say that a state is left alone. One that never came was not left.
const LEFT_ALONE: [RequirementId; 3] = [RequirementId::KveKey02, RequirementId::KveBkt01, RequirementId::KveCon03];

/// Whether the claim is that an absent key was left alone, and no read ever saw it absent since its
/// delete. It does not hold of sets: a value that was evicted looks as if it had never been set.
fn was_never_deleted(claim: RequirementId, history: &History, read: usize) -> bool {
    let records = history.records();
    let Some(last) = last_write_before(history, read).filter(|_| LEFT_ALONE.contains(&claim)) else { return false };
    let was_deleted = records[last].kind == Kind::Delete && records[last].outcome == Outcome::Ok;
    let is_of_register = |i: &usize| records[*i].register == records[read].register;
    let shows_absence = |i: usize| records[i].is_ok_read() && records[i].operand.state() == State::ABSENT;
    was_deleted && !(last + 1..read).filter(is_of_register).any(shows_absence)
}
