package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// socket is a socket that waits for others: a TCP listener, or a UDP socket that takes
// packets from anybody.
type socket struct {
	network string
	address netip.AddrPort
	inode   string
}

func (s socket) String() string {
	return fmt.Sprintf("%s %s, socket %s", s.network, s.address, s.inode)
}

// listeners are the sockets of the program's processes that wait for others.
func (p *program) listeners() []socket {
	var mine []socket
	for _, of := range p.listenersOf("") {
		mine = append(mine, of...)
	}
	return mine
}

// listenersOf are the same of those processes that have word in their command line, by
// process.
func (p *program) listenersOf(word string) map[int][]socket {
	open, mine := listening(), map[int][]socket{}
	for _, pid := range p.processes(word) {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, link := range links {
			target, _ := os.Readlink(link)
			inode := strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")
			if i := slices.IndexFunc(open, func(s socket) bool { return s.inode == inode }); i >= 0 {
				mine[pid] = append(mine[pid], open[i])
			}
		}
	}
	return mine
}

// listening are all sockets of the machine that wait for others.
func listening() []socket {
	// The states of the kernel's table: a UDP socket without a peer counts as closed.
	states := map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
	var open []socket
	for network, state := range states {
		data, _ := os.ReadFile("/proc/net/" + network) // tcp6 and udp6 may be missing
		open = append(open, parseSockets(network, state, string(data))...)
	}
	return open
}

// parseSockets reads the sockets that are in a state from a table of /proc/net.
func parseSockets(network, state, table string) []socket {
	var out []socket
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) > 9 && f[3] == state {
			out = append(out, socket{network: network, address: parseSocketAddress(f[1]), inode: f[9]})
		}
	}
	return out
}

// parseSocketAddress reads ADDRESS:PORT as the kernel prints it, the address in words
// of the machine's own byte order; the zero AddrPort where it is none.
func parseSocketAddress(text string) netip.AddrPort {
	host, port, _ := strings.Cut(text, ":")
	words, err := hex.DecodeString(host)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(words)%4 != 0 {
		return netip.AddrPort{}
	}
	for i := 0; i < len(words); i += 4 {
		binary.NativeEndian.PutUint32(words[i:], binary.BigEndian.Uint32(words[i:]))
	}
	address, ok := netip.AddrFromSlice(words)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(address, uint16(n))
}

// kernelAddress is an address as the kernel prints it on this machine.
func kernelAddress(text string) string {
	a := netip.MustParseAddrPort(text)
	var words strings.Builder
	for word := range slices.Chunk(a.Addr().AsSlice(), 4) {
		fmt.Fprintf(&words, "%08X", binary.NativeEndian.Uint32(word))
	}
	return fmt.Sprintf("%s:%04X", &words, a.Port())
}

func TestParseSockets(t *testing.T) {
	t.Parallel()
	const (
		head  = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
		queue = " 00000000:00000000 00:00000000 00000000  1000        0 "
	)
	line := func(local, remote, state, inode string) string {
		return "   0: " + kernelAddress(local) + " " + kernelAddress(remote) + " " + state + queue + inode + " 2 0 0\n"
	}
	tcp := head + line("127.17.0.4:8080", "0.0.0.0:0", "0A", "4711") + line("127.17.0.4:8080", "127.16.0.5:40000", "01", "4712")
	udp := head + line("127.21.0.4:10053", "0.0.0.0:0", "07", "4713") + line("127.16.0.4:40001", "127.21.0.4:10053", "01", "4714")
	udp6 := head + line("[::1]:10053", "[::]:0", "07", "4715")
	tests := []struct {
		network, state, table string
		want                  []socket
	}{
		{"tcp", "0A", tcp, []socket{{"tcp", netip.MustParseAddrPort("127.17.0.4:8080"), "4711"}}},
		{"udp", "07", udp, []socket{{"udp", netip.MustParseAddrPort("127.21.0.4:10053"), "4713"}}},
		{"udp6", "07", udp6, []socket{{"udp6", netip.MustParseAddrPort("[::1]:10053"), "4715"}}},
		{"tcp", "0A", "", nil},
		{"tcp", "0A", head, nil},
	}
	for _, test := range tests {
		if got := parseSockets(test.network, test.state, test.table); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.network, got, test.want)
		}
	}
}

// FuzzParseSocketAddress finds every address again, and reads anything without harm.
func FuzzParseSocketAddress(f *testing.F) {
	f.Add("0400117F:1F90")
	f.Add("00000000000000000000000001000000:2745")
	f.Add("0400117F")
	f.Add(":")
	f.Fuzz(func(t *testing.T, text string) {
		a := parseSocketAddress(text)
		if a.IsValid() && parseSocketAddress(kernelAddress(a.String())) != a {
			t.Errorf("%q is %s, which is printed as %s", text, a, kernelAddress(a.String()))
		}
	})
}
