//! Which values and states may be read, and when.

use kvspec_reference::RequirementId::*;

use super::cite::{eventual, requirement, store};
use crate::requirement::entry::Basis::{Contested, Derived, Explicit};
use crate::requirement::entry::Level::{May, Must};
use crate::requirement::entry::{Concern, Requirement};

pub(super) const REQUIREMENTS: &[Requirement] = &[
    requirement(
        KveInt01,
        (Must, Explicit),
        &[
            eventual("eventual", "return the value that was written"),
            eventual("get", "the value associated with the key"),
        ],
        "no value out of thin air: what get returns was given to a set of that register",
        "",
    )
    .speaking_of(Concern::Origin)
    .shared(&[
        store("store", "return the value that was written"),
        store("bucket.get", "the value associated with the specified `key`"),
    ]),
    requirement(
        KveInt02,
        (Must, Derived),
        &[
            eventual("eventual", "return the value that was written"),
            eventual("set", "Set the value associated with the key"),
        ],
        "no value from the future: that set was invoked before the read responded",
        "a value is associated with a key by a set, and before that call there is nothing to associate. \
         Absence cannot come from the future: it is the state before the first set, so a read of it is old \
         at worst, and whether it is too old is a matter of KVE-CON-02 and KVE-CON-03",
    )
    .speaking_of(Concern::Origin)
    .shared(&[
        store("store", "return the value that was written"),
        store("bucket.set", "Set the value associated with the key"),
    ]),
    requirement(
        KveInt03,
        (Must, Derived),
        &[
            eventual("eventual", "acts on a single key-value pair"),
            eventual("get", "the value associated with the key"),
        ],
        "values are whole: never a mixture of two, a part, or another register's",
        "get gives the value that a set gave, and a mixture or a part was given by none; each operation \
         acts on a single pair",
    )
    .speaking_of(Concern::Origin)
    .shared(&[
        store("store", "acts on a single key-value pair"),
        store("bucket.get", "the value associated with the specified `key`"),
    ]),
    requirement(
        KveCon01,
        (Must, Derived),
        &[eventual("eventual", "the system eventually will return the last updated value for read")],
        "convergence: within the bound after quiescence every session reads the same state of a \
         register, and get agrees with exists",
        "there is one last updated value, and each read is to return it, whoever reads. The text has no \
         bound: eventually is decidable only with one, so it is the declaration's (1 s where it says \
         nothing). Vogels 2009 defines the term without a bound, too",
    )
    .speaking_of(Concern::States)
    .derived_in_store(
        &[
            store("store", "provides eventually consistent key-value operations"),
            store("store", "due to the replication lag"),
        ],
        "unlike the text of eventual@0.1.0, this one has no sentence on what follows when updates pause. We \
         take the two words in their usual sense (Vogels 2009: if no new updates are made to the object, \
         eventually all accesses return the last updated value), and a lag is something that ends. The bound \
         is the declaration's. Upstream's open pull request 56 would deny convergence",
    ),
    requirement(
        KveCon02,
        (Must, Explicit),
        &[eventual("eventual", "eventually will return the last updated value")],
        "that state is one of the last writes: a completed write that nothing followed is not lost",
        "",
    )
    .speaking_of(Concern::States)
    .derived_in_store(
        &[
            store("store", "provides eventually consistent key-value operations"),
            store("store", "will reflect that write or any subsequent writes"),
        ],
        "in the usual sense of the words it is the last updated value that is returned in the end (Vogels \
         2009), and the writer at least is promised it or a later one. Upstream's open pull request 56 would \
         let an old write win over a newer one",
    ),
    requirement(
        KveCon03,
        (Must, Derived),
        &[eventual("eventual", "the system eventually will return the last updated value for read")],
        "it stays: without a write, a converged register does not change again (no resurrection of \
         deleted or overwritten values, no flapping)",
        "KVE-CON-01 and KVE-CON-02 hold of every read after the bound, not of one: while no update comes, a \
         read of another state is not a read of the last updated value. It is the bound that makes this \
         strict; without one, eventually would forgive any relapse that ends",
    )
    .speaking_of(Concern::States)
    .derived_in_store(
        &[store("store", "provides eventually consistent key-value operations")],
        "KVE-CON-01 and KVE-CON-02, themselves derived here, hold of every read after the bound, not of one. \
         Upstream's open pull request 56 would deny it with them",
    ),
    requirement(
        KveCon04,
        (Must, Derived),
        &[
            eventual("eventual", "all subsequent read operations will eventually return the value"),
            eventual("eventual", "if we pause the updates to the system"),
            eventual("eventual", "acts on a single key-value pair"),
        ],
        "progress without pause of the others: quiescence of one register is enough for that register",
        "the promise is made for a write that completes, and asks for no pause. The next sentence puts it in \
         other words and has one, of updates to the system: that is no further condition, but what keeps a \
         later write to the same key from being returned instead. A write to another key cannot be, since \
         each operation acts on a single pair; and a system that is never paused as a whole would else \
         promise nothing",
    )
    .speaking_of(Concern::States)
    .derived_in_store(
        &[
            store("store", "provides eventually consistent key-value operations"),
            store("store", "acts on a single key-value pair"),
        ],
        "no sentence asks for a pause, of the store or of a key, and a write to another key cannot be returned \
         in place of this one's, since each operation acts on a single pair",
    ),
    requirement(
        KveCon05,
        (May, Contested),
        &[
            eventual("eventual", "all subsequent read operations will return the value"),
            eventual("eventual", "all subsequent read operations will eventually return the value"),
        ],
        "whether a read right after a completed write gives it, to the writer and to others, is reported",
        "one paragraph says that all subsequent reads return the value, the next that they eventually \
         do; we test the second. Upstream debates how weak the promise may be (wasi-keyvalue pull \
         requests 30, 41 and 56)",
    )
    .speaking_of(Concern::States),
    requirement(
        KveClm01,
        (Must, Derived),
        &[eventual("eventual", "The level of consistency in readwrite interfaces is **eventual consistency**")],
        "a guarantee that the implementation claims beyond the profile's own is kept (session \
         guarantees: assuming that real time orders writes)",
        "not a sentence of the text but of the implementation's own declaration: what is declared and \
         fails is a failure. Linearizability is that of Herlihy and Wing 1990. Session guarantees are those \
         of Terry et al. 1994, where the order of writes is the system's own, and of Viotti and Vukolić 2016; \
         we take real time for that order, since a history shows no other, and so they ask for more \
         than in the papers",
    )
    .derived_in_store(
        &[store("store", "must have enough consistency to guarantee")],
        "not a sentence of the text but of the implementation's own declaration: what is declared and \
         fails is a failure. Linearizability is that of Herlihy and Wing 1990. Session guarantees are those \
         of Terry et al. 1994, where the order of writes is the system's own, and of Viotti and Vukolić 2016; \
         we take real time for that order, since a history shows no other, and so they ask for more \
         than in the papers",
    ),
];
