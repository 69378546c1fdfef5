// Package pack makes one file of a run and opens it again: a zip of the run's folder, of a
// journey with its stages. A packed file may come from anybody, so what is opened is bounded in
// number and size, and nothing in it can leave the folder that it is unpacked into.
package pack
