package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
)

// targetMain is the server that generators are measured against, in a process of its
// own: it costs as little as a server can, so that the generator is what is
// measured. It prints its address and ends with its standard input.
func targetMain(ctx context.Context, _ []string) error {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		l.Close()
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		go answer(c)
	}
}

func answer(c net.Conn) {
	defer c.Close()
	text := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\n" +
		"X-Instance: web-1\r\nContent-Length: 14\r\n\r\nHello, World!\n")
	buf := make([]byte, 4096)
	n := 0
	for {
		m, err := c.Read(buf[n:])
		if err != nil {
			return
		}
		n += m
		if !bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
			if n == len(buf) {
				return
			}
			continue
		}
		n = 0
		if _, err := c.Write(text); err != nil {
			return
		}
	}
}

// startTarget starts targetMain's process.
func startTarget(ctx context.Context) (address string, stop func(), err error) {
	c, err := startChild(ctx, "target")
	if err != nil {
		return "", nil, err
	}
	return c.address, func() { c.stop() }, nil
}

// child is this program in a process of its own that serves on an address.
type child struct {
	address string
	in      io.WriteCloser
	out     *bufio.Reader
	cmd     *exec.Cmd
}

// startChild starts a child whose first line of output is its address.
func startChild(ctx context.Context, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, args...)}
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	line, err := c.out.ReadString('\n')
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("%s: no address: %w", args[0], err)
	}
	c.address = strings.TrimSpace(line)
	return c, nil
}

// stop ends the child's standard input, waits for its end and returns what it said
// last. A second call does nothing.
func (c *child) stop() ([]byte, error) {
	if c.cmd == nil {
		return nil, nil
	}
	c.in.Close()
	rest, readErr := io.ReadAll(c.out)
	err := c.cmd.Wait()
	c.cmd = nil
	return rest, errors.Join(readErr, err)
}
