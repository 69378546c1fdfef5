package machine

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"showdown/targets/cloud"
)

const port = cloud.Port

// inbound allows sources to reach the application's port.
func inbound(sources ...string) *cloud.Inbound {
	in := &cloud.Inbound{}
	for _, s := range sources {
		in.Allow = append(in.Allow, cloud.Allowed{From: netip.MustParsePrefix(s), Port: port})
	}
	return in
}

func cutting(in *cloud.Inbound, sources ...string) *cloud.Inbound {
	for _, s := range sources {
		in.Cut = append(in.Cut, netip.MustParsePrefix(s))
	}
	return in
}

func mustGuard(t testing.TB, in *cloud.Inbound) *guard {
	t.Helper()
	g, err := newGuard(in, port)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGuard(t *testing.T) {
	const own = "127.19.0.4"
	other := inbound()
	other.Allow = append(other.Allow, cloud.Allowed{From: netip.MustParsePrefix("127.19.0.5/32"), Port: 3306})
	for name, c := range map[string]struct {
		in           *cloud.Inbound
		from         string
		admits, cuts bool
	}{
		"no protection":            {nil, "127.19.0.5", true, false},
		"no rule":                  {inbound(), "127.19.0.5", false, false},
		"an address":               {inbound("127.19.0.5/32"), "127.19.0.5", true, false},
		"its neighbour":            {inbound("127.19.0.5/32"), "127.19.0.6", false, false},
		"everybody":                {inbound("0.0.0.0/0"), "127.255.255.254", true, false},
		"the first of a block":     {inbound("127.16.0.0/16"), "127.16.0.0", true, false},
		"the last of a block":      {inbound("127.16.0.0/16"), "127.16.255.255", true, false},
		"after a block":            {inbound("127.16.0.0/16"), "127.17.0.0", false, false},
		"an untidy block":          {inbound("127.16.3.7/16"), "127.16.200.1", true, false},
		"another port":             {other, "127.19.0.5", false, false},
		"itself without a rule":    {inbound(), own, true, false},
		"itself when it is cut":    {cutting(inbound(), "127.19.0.0/24"), own, true, false},
		"cut though it is allowed": {cutting(inbound("0.0.0.0/0"), "127.19.0.5/32"), "127.19.0.5", true, true},
		"not cut":                  {cutting(inbound("0.0.0.0/0"), "127.19.0.5/32"), "127.19.0.6", true, false},
		"no IPv4 address":          {inbound("0.0.0.0/0"), "::1", false, false},
	} {
		g := mustGuard(t, c.in)
		from, at := netip.MustParseAddr(c.from), netip.MustParseAddr(own)
		if got := g.admits(from, at); got != c.admits {
			t.Errorf("%s: admits is %v", name, got)
		}
		if got := g.cuts(from, at); got != c.cuts {
			t.Errorf("%s: cuts is %v", name, got)
		}
	}
}

func TestGuardRefusesWhatIsNoBlock(t *testing.T) {
	for _, in := range []*cloud.Inbound{
		{Allow: []cloud.Allowed{{Port: port}}},
		{Cut: []netip.Prefix{netip.MustParsePrefix("fe80::/10")}},
	} {
		if _, err := newGuard(in, port); err == nil || !strings.Contains(err.Error(), "is no IPv4 block: write it like 127.16.0.0/16") {
			t.Errorf("%v: %v", in, err)
		}
	}
}

func TestRangesAreJoined(t *testing.T) {
	parse := func(list ...string) (out []netip.Prefix) {
		for _, s := range list {
			out = append(out, netip.MustParsePrefix(s))
		}
		return out
	}
	for name, c := range map[string]struct {
		in   []netip.Prefix
		want int
	}{
		"none":       {nil, 0},
		"neighbours": {parse("127.0.0.1/32", "127.0.0.0/32", "127.0.0.2/31"), 1},
		"inside":     {parse("127.0.0.0/8", "127.3.0.0/16", "127.0.0.0/8"), 1},
		"apart":      {parse("127.0.0.0/32", "127.0.0.2/32"), 2},
		"everything": {parse("255.255.255.255/32", "0.0.0.0/0"), 1},
		"the ends":   {parse("255.255.255.255/32", "0.0.0.0/32"), 2},
	} {
		got, err := ranges(c.in)
		if err != nil || len(got) != c.want {
			t.Errorf("%s: %v, %v, want %d ranges", name, got, err, c.want)
		}
	}
}

// segment is what a filter sees: the two headers as far as it reads them.
type segment struct {
	from  netip.Addr
	flags byte
}

// execute is the kernel's answer to a segment, by the rules of the filter's machine.
func execute(t testing.TB, program []instruction, p segment) (passes bool) {
	t.Helper()
	var a uint32
	for pc := 0; pc < len(program); pc++ {
		in := program[pc]
		jump := func(yes bool) {
			if yes {
				pc += int(in.jt)
			} else {
				pc += int(in.jf)
			}
		}
		switch in.code {
		case loadWord:
			if in.k != sourceAddress {
				t.Fatalf("a load from %#x", in.k)
			}
			b := p.from.As4()
			a = binary.BigEndian.Uint32(b[:])
		case loadByte:
			if in.k != tcpFlags {
				t.Fatalf("a load from %#x", in.k)
			}
			a = uint32(p.flags)
		case and:
			a &= in.k
		case ifEqual:
			jump(a == in.k)
		case ifGreater:
			jump(a > in.k)
		case ifNotBelow:
			jump(a >= in.k)
		case giveBack:
			return in.k != dropAll
		default:
			t.Fatalf("unknown instruction %#x", in.code)
		}
	}
	t.Fatal("the program runs over its end")
	return false
}

// agree holds that the filter does to each segment what the guard says.
func agree(t testing.TB, g *guard, at, from netip.Addr) {
	t.Helper()
	program, _ := g.filter(at)
	for flags, want := range map[byte]bool{
		flagSYN:           g.admits(from, at) && !g.cuts(from, at),
		flagSYN | 0xc0:    g.admits(from, at) && !g.cuts(from, at), // with congestion notification
		flagACK:           !g.cuts(from, at),                       // an open connection outlives its rule
		flagACK | 0x01:    !g.cuts(from, at),                       // and may end
		flagSYN | flagACK: !g.cuts(from, at),
	} {
		if got := execute(t, program, segment{from, flags}); got != want {
			t.Errorf("a segment from %s to %s with flags %#x: passes is %v, want %v", from, at, flags, got, want)
		}
	}
}

func TestFilterDoesWhatTheGuardSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	address := func() netip.Addr { return netip.AddrFrom4([4]byte{127, 19, byte(rng.IntN(3)), byte(rng.IntN(256))}) }
	at := netip.MustParseAddr("127.19.0.4")
	for range 50 {
		in := &cloud.Inbound{}
		for range rng.IntN(40) {
			in.Allow = append(in.Allow, cloud.Allowed{From: netip.PrefixFrom(address(), 24+rng.IntN(9)), Port: port})
		}
		for range rng.IntN(4) {
			in.Cut = append(in.Cut, netip.PrefixFrom(address(), 26+rng.IntN(7)))
		}
		g := mustGuard(t, in)
		for range 50 {
			agree(t, g, at, address())
		}
		agree(t, g, at, at)
	}
}

func TestFilterHasALimit(t *testing.T) {
	many := func(n int) *cloud.Inbound {
		in := &cloud.Inbound{}
		for i := range n { // every other one, so that none can be joined
			from := netip.AddrFrom4([4]byte{127, 19, byte(2 * i >> 8), byte(2 * i)})
			in.Allow = append(in.Allow, cloud.Allowed{From: netip.PrefixFrom(from, 32), Port: port})
		}
		return in
	}
	at := netip.MustParseAddr("127.20.0.4")
	g := mustGuard(t, many(2000))
	if program, ok := g.filter(at); !ok || len(program) != 4009 {
		t.Errorf("2000 sources: %d instructions, %v", len(program), ok)
	}
	agree(t, g, at, netip.MustParseAddr("127.19.15.158"))
	agree(t, g, at, netip.MustParseAddr("127.19.15.159"))
	if _, ok := mustGuard(t, many(2100)).filter(at); ok {
		t.Error("2100 sources make a program that the kernel takes")
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(uint32(0x7f130005), uint8(32), uint32(0x7f130005), uint8(32), uint32(0x7f130005))
	f.Add(uint32(0), uint8(0), uint32(0xffffffff), uint8(32), uint32(0xffffffff))
	f.Fuzz(func(t *testing.T, allow uint32, allowBits uint8, cut uint32, cutBits uint8, from uint32) {
		address := func(n uint32) netip.Addr {
			return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		}
		g := mustGuard(t, &cloud.Inbound{
			Allow: []cloud.Allowed{{From: netip.PrefixFrom(address(allow), int(allowBits%33)), Port: port}},
			Cut:   []netip.Prefix{netip.PrefixFrom(address(cut), int(cutBits%33))},
		})
		agree(t, g, netip.MustParseAddr("127.19.0.4"), address(from))
	})
}
