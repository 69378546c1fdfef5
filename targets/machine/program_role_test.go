package machine_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"time"

	"showdown/targets/journal"
)

// ownProgram is the life of a program of one's own, in the given way.
func ownProgram(way string) error {
	var eaten [][]byte
	host, port := os.Getenv("HOST"), os.Getenv("PORT")
	fmt.Println("the program begins")
	switch way {
	case "exit":
		fmt.Fprintln(os.Stderr, "no database at \x1b[31mdb-1\x1b[0m")
		os.Exit(3)
	case "deaf":
		select {}
	case "family":
		// One child in the program's group, and one in a session of its own.
		self, err := os.Executable()
		if err != nil {
			return err
		}
		for _, child := range []*exec.Cmd{exec.Command(self, "program", "deaf"), exec.Command("setsid", self, "program", "deaf")} {
			if err := child.Start(); err != nil {
				return err
			}
		}
	case "local":
		host = "127.0.0.1"
	case "everywhere":
		host = ""
	case "mute":
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if err != nil {
			return err
		}
		for {
			if _, err := l.Accept(); err != nil {
				return err
			}
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Instance", "somebody else")
		fmt.Fprintf(w, "%s %s %s", r.Method, r.Host, r.Header.Get("X-Forwarded-For"))
	})
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if way == "broken" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("/env", func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"INSTANCE", "ZONE", "HOST", "GREETING", "TOKEN", "GOMAXPROCS", journal.MarkVariable} {
			fmt.Fprintf(w, "%s=%s\n", name, os.Getenv(name))
		}
	})
	mux.HandleFunc("/eat", func(http.ResponseWriter, *http.Request) {
		for ; ; time.Sleep(time.Millisecond) {
			eaten = append(eaten, bytes.Repeat([]byte("x"), 1<<20))
		}
	})
	mux.HandleFunc("/cpus", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, runtime.NumCPU()) })
	mux.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) {
		fmt.Println("the token is " + os.Getenv("TOKEN"))
		os.Exit(7)
	})
	mux.HandleFunc("/close", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	return http.ListenAndServe(net.JoinHostPort(host, port), mux)
}
