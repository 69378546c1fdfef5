// Package dashboards shows a run outside of showdown: as Prometheus metrics that an
// [Exporter] serves while the run is on, as files that provision Prometheus and
// Grafana ([WriteFiles]), and as dashboards and annotations sent to a Grafana server
// ([Pusher]).
//
// It is the project's only door to client_golang (machines have their own) and to
// Grafana's API. Nothing here can slow or fail a run: batches are folded without
// waiting for a scrape, and what goes over the network has a goroutine and a bounded
// queue of its own.
package dashboards
