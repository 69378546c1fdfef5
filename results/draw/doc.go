// Package draw is pictures as values: rectangles, lines, shapes and text in the roles of
// a theme. A [Picture] is built once and written as SVG, on its own with outlined text or
// inside a page, and as PNG; the same picture gives the same bytes.
//
// Lengths are in units of a picture, of which a figure's page says how large they are;
// y grows downwards.
package draw
