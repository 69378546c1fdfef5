// Package live is the page that a class watches: what users feel and what is broken, while
// it happens or from a record.
//
// A [Hub] folds the requests and events of a stage into a small state, and tells every
// viewer of it by server-sent events; a [Replay] feeds a hub from a record. [NewHandler]
// serves the page and its interface. The page shows only what the hub said, so that it can
// be loaded at any moment, on any number of screens.
package live
