// Package figure draws the figures of a record: F1, availability strips, to F13, the
// timeline of events. A figure is one message. Its title is that message, worked out from
// the numbers that its table holds; its picture is a [draw.Picture].
//
// # How a figure comes about
//
// [Load] reads runs into a [Set]. [Build] makes the figure of a [Kind] from a set for a
// [Page]: a printed page of 16 cm or a slide, in English or French. Kinds are listed in
// [Kinds], and that list is all there is to registering one.
//
// A kind is a function from a maker to a content: the title, what the letters mean, how to
// read the picture, the table, and a function that draws the body in an area. The maker
// has the set, the page and the language; what is around the body, title, caption and
// footer, is laid out by the kit. Where a record has nothing to show, the content is
// nothing(sentence).
//
// # What is there to draw with
//
//   - set.tracks: the cells of one run, or the stages of a journey in their reference
//     windows, each with its part of the series (track.buckets), its faults and its numbers;
//   - canvas: the picture with label, strong and tick to write in the sizes of the page,
//     rows for a row a track with names and numbers, panels for small charts of one size;
//   - linear, logarithmic: scales; timeAxis, valueAxis, frame: axes;
//   - bandsBehind, bandsBefore, keyOf: the times of faults and their letters;
//   - endLabels: names at the ends of lines that do not lie over each other;
//   - fill, stateKey: the look of up, degraded and down, which is never colour alone;
//   - Lang: say for texts, whose French is in french.go (a test finds what is missing),
//     and seconds, ms, share, rate, number, dollars for numbers;
//   - Table.add: rows of the CSV, in English and with a point whatever the language.
//
// Lengths are in units of the page: tenths of a millimetre on paper, pixels on a slide.
// The two are drawn by the same code; what differs is in sizes.
package figure
