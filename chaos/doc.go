// Package chaos plays experiments: what must hold before, a timeline of actions
// with letters, their roll back, and what must hold again.
//
// Three rules stand over everything here:
//
//   - Undo before do. What an action will change is in the journal, and the events
//     so far are on disk, before the action is carried out.
//   - Seen from outside. Whether an action took effect, and whether it is gone, is
//     said by a probe that opens its own connections to the instance's public
//     address, or has a load balancer's node do so where clients are kept out. It
//     never asks the handle that injected the fault.
//   - Never silent. Each action ends in events, also when it fails, was not seen,
//     or could not be undone.
//
// An action is one file with an [effect] in it and one line in the table of
// actions.go; its name and parameters stand in the root package, so that a stage
// file can be checked without this package. docs/chaos.md says how to add one.
//
// All times of a timeline are absolute lab times from the run's zero: a late action
// does not make the next one late.
package chaos
