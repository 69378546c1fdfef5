// Package foreign makes records of what other tools recorded: vegeta's results in its three
// encodings, the points of "k6 run --out json" and the table of "oha --output-format csv". A
// file is read once, as a stream; what it does not say is left blank in the record, and the
// record says so. A file that cannot be read to its end leaves no record behind.
package foreign
