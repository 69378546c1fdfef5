package main

import "showdown"

// quoted is a file's name as one would type it: one with blanks or with signs that a shell
// reads is in quotes, so that it can be copied.
func quoted(path string) string {
	return (&showdown.Command{Run: []string{path}}).String()
}
