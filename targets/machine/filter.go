package machine

import "net/netip"

// maxFilter is how many instructions the kernel takes (BPF_MAXINSNS).
const maxFilter = 4096

// instruction is one of the classic Berkeley Packet Filter.
type instruction struct {
	code   uint16
	jt, jf uint8 // instructions skipped when the condition is true, false
	k      uint32
}

// The instructions that filters are made of.
const (
	loadWord   = 0x00 | 0x20        // BPF_LD | BPF_W | BPF_ABS
	loadByte   = 0x00 | 0x10 | 0x20 // BPF_LD | BPF_B | BPF_ABS
	and        = 0x04 | 0x50        // BPF_ALU | BPF_AND | BPF_K
	ifEqual    = 0x05 | 0x10        // BPF_JMP | BPF_JEQ | BPF_K
	ifGreater  = 0x05 | 0x20        // BPF_JMP | BPF_JGT | BPF_K
	ifNotBelow = 0x05 | 0x30        // BPF_JMP | BPF_JGE | BPF_K
	giveBack   = 0x06               // BPF_RET | BPF_K

	passAll = 0xffff_ffff // how many bytes of the packet go on
	dropAll = 0

	// A filter on a TCP socket sees the packet from its TCP header on; the IP header
	// lies at this offset.
	netOffset = 0xfff0_0000 // SKF_NET_OFF

	sourceAddress = netOffset + 12 // in the IP header
	tcpFlags      = 13             // in the TCP header
	flagSYN       = 0x02
	flagACK       = 0x10
)

// filter is g as a program for the kernel, on the listener of the address at. It drops
// the SYN of who may not connect, and every packet of who is cut. Other packets pass,
// because accepted connections inherit the filter and must outlive a rule that let
// them in. ok is false when the program would be too long.
//
// Conditional jumps reach only 255 instructions far, so each range is a piece of its
// own that ends in its answer.
func (g *guard) filter(at netip.Addr) (program []instruction, ok bool) {
	p := []instruction{{code: loadWord, k: sourceAddress}}
	p = append(p, instruction{ifEqual, 0, 1, number(at)}, instruction{code: giveBack, k: passAll})
	p = inRanges(p, g.cut, dropAll)
	p = append(p,
		instruction{code: loadByte, k: tcpFlags}, instruction{code: and, k: flagSYN | flagACK},
		instruction{ifEqual, 1, 0, flagSYN}, instruction{code: giveBack, k: passAll},
		instruction{code: loadWord, k: sourceAddress},
	)
	p = inRanges(p, g.allow, passAll)
	p = append(p, instruction{code: giveBack, k: dropAll})
	return p, len(p) <= maxFilter
}

// inRanges adds to p that the answer for an address in one of the ranges is answer.
func inRanges(p []instruction, list []ipRange, answer uint32) []instruction {
	for _, r := range list {
		if r.first == r.last {
			p = append(p, instruction{ifEqual, 0, 1, r.first})
		} else {
			p = append(p, instruction{ifNotBelow, 0, 2, r.first}, instruction{ifGreater, 1, 0, r.last})
		}
		p = append(p, instruction{code: giveBack, k: answer})
	}
	return p
}
