//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// toldViewers is what viewers were told since all of them knew everything.
type toldViewers struct {
	// Messages and Bytes are those of all viewers; Lost is how many messages never came.
	Messages, Lost, Bytes int
}

// viewers watch a live page as browsers do: each reads its stream as it comes. They say ready when each was
// told everything, and what they were told when their standard input ends. In a class they are on
// machines of their own, so that they have the lowest priority here.
func viewers(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("viewers", flag.ContinueOnError)
	address := flags.String("address", "", "of the page")
	n := flags.Int("n", 100, "how many")
	stay := flags.Duration("stay", 0, "the time after which each comes anew and is told everything; 0 is never")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: *n, DisableCompression: true}}
	var (
		group, ready sync.WaitGroup
		counting     atomic.Bool
		all          [3]atomic.Int64
		mu           sync.Mutex
		failed       error
	)
	ready.Add(*n)
	for range *n {
		group.Go(func() {
			known := sync.OnceFunc(ready.Done)
			defer known()
			told := func(lost, length int) {
				if counting.Load() {
					all[0].Add(1)
					all[1].Add(int64(lost))
					all[2].Add(int64(length))
				}
			}
			var err error
			for err == nil && ctx.Err() == nil {
				err = watchPage(ctx, client, *address, *stay, known, told)
			}
			if err != nil && ctx.Err() == nil {
				mu.Lock()
				defer mu.Unlock()
				failed = errors.Join(failed, err)
			}
		})
	}
	ready.Wait()
	counting.Store(true)
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	counting.Store(false)
	stop()
	group.Wait()
	if failed != nil {
		return failed
	}
	return say(toldViewers{int(all[0].Load()), int(all[1].Load()), int(all[2].Load())})
}

// watchPage reads one stream until ctx ends, or for the time of stay where that is not 0. It calls known at the first message, and told with how many
// were missing before each further one and how long it is.
func watchPage(ctx context.Context, client *http.Client, address string, stay time.Duration, known func(), told func(lost, length int)) error {
	if stay > 0 {
		whole, cancel := context.WithTimeout(ctx, stay)
		defer cancel()
		err := watchPage(whole, client, address, 0, known, told)
		if ctx.Err() == nil && whole.Err() != nil {
			return nil
		}
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/v1/events", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := client.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the page answered %s", answer.Status)
	}
	lines := bufio.NewReaderSize(answer.Body, 16<<10)
	last, length := 0, 0
	for {
		line, err := lines.ReadSlice('\n')
		length += len(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return err
		}
		if id, ok := bytes.CutPrefix(line, []byte("id: ")); ok {
			_, number, _ := bytes.Cut(bytes.TrimSpace(id), []byte("-"))
			seq, err := strconv.Atoi(string(number))
			if err != nil {
				return fmt.Errorf("an id of another form: %q", id)
			}
			if last > 0 {
				told(seq-last-1, length)
			}
			last, length = seq, 0
		}
		if last > 0 && len(line) == 1 {
			known()
		}
	}
}
