package journal

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// guardPort is the port that a slot's holder binds on an address of the slot: the
// file lock keeps this user's labs apart, the port those of different users.
const guardPort = 10790

// Slot is the right to use the addresses of one slot. It is free again when it is
// released, and when the process that holds it dies.
type Slot struct {
	number int
	file   *os.File
	guard  net.Listener
}

// ErrNoSlot is the error of [AcquireSlot] when other labs have all slots.
var ErrNoSlot = fmt.Errorf("all %d are taken by other labs on this machine: end one, or wait", MaxSlot)

// AcquireSlot takes the lowest slot that is free. It fails with [ErrNoSlot] when all
// are taken.
func AcquireSlot(dir string) (*Slot, error) {
	for number := MinSlot; number <= MaxSlot; number++ {
		s, err := takeSlot(dir, number)
		if err != nil {
			return nil, fmt.Errorf("acquire slot: %w", err)
		}
		if s != nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("acquire slot: %w", ErrNoSlot)
}

// takeSlot returns nil when the slot is somebody else's.
func takeSlot(dir string, number int) (*Slot, error) {
	path := filepath.Join(dir, fmt.Sprintf("slot-%02d.lock", number))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	free, err := tryLock(file)
	if err != nil || !free {
		return nil, errors.Join(err, file.Close())
	}
	address, err := Address(number, RoleClients, MaxZone, MaxHosts-1)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	guard, err := listenGuard(net.TCPAddr{IP: address.AsSlice(), Port: guardPort})
	if err != nil || guard == nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Slot{number: number, file: file, guard: guard}, nil
}

// Number is the slot's number, [MinSlot] to [MaxSlot].
func (s *Slot) Number() int { return s.number }

// Release gives the slot back. The lock's file stays: removing it while another
// process waits at it would let two hold the same slot.
func (s *Slot) Release() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.guard.Close(), s.file.Close())
	s.file = nil
	return err
}
