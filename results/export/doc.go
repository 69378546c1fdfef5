// Package export writes the requests of a record in the forms that other tools read:
// vegeta's results, tables (CSV, NDJSON, Parquet) and latency
// histograms (HdrHistogram). Every form is written in one pass over the requests, and memory
// does not grow with their number. Requests that were never sent are left out of all of them.
package export
