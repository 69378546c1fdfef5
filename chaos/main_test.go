package chaos

import (
	"context"
	"fmt"
	"os"
	"testing"

	"showdown/targets/backend/process"
	"showdown/targets/machine"
)

// TestMain lets the test's own binary be spawner and machine, as the real one is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		var err error
		switch os.Args[1] {
		case "spawner":
			err = process.SpawnerMain(context.Background(), os.Stdin, os.Stdout, []string{"/proc/self/exe", "machine"})
		case "machine":
			err = machine.Main(context.Background(), os.Stdin, os.Stdout)
		default:
			os.Exit(m.Run())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, os.Args[1], err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
