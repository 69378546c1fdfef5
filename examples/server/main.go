// Command server is the web server of the examples: it says who it is on $PORT, and
// shares nothing with showdown.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	name := os.Getenv("NAME")
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "hello from %s\n", name)
	})
	server := &http.Server{
		Addr: os.Getenv("HOST") + ":" + os.Getenv("PORT"), Handler: handler, ReadHeaderTimeout: 5 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
