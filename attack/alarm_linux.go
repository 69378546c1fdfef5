package attack

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes one goroutine at an instant, with one wake-up of one thread. Go's own
// timers end in a wait that is rounded to milliseconds, and so in two wake-ups or
// three, of which the last is up to a millisecond late.
type alarm struct {
	file *os.File
	raw  syscall.RawConn
	spec unix.ItimerSpec
	set  bool
	err  error
	step func(fd uintptr) bool
}

// newAlarm is nil when the kernel gives none.
func newAlarm() *alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	a := &alarm{file: os.NewFile(uintptr(fd), "alarm")}
	if a.raw, err = a.file.SyscallConn(); err != nil {
		a.close()
		return nil
	}
	a.step = a.stepOn
	return a
}

// wait returns after d, which is above 0. It says false when it could not wait.
func (a *alarm) wait(d time.Duration) bool {
	a.spec.Value = unix.NsecToTimespec(int64(d))
	a.set, a.err = false, nil
	err := a.raw.Read(a.step)
	return err == nil && a.err == nil
}

// stepOn is called by the poller, first at once and then when the time has come.
// Setting the timer again forgets that it went off, so that nothing need be read.
func (a *alarm) stepOn(fd uintptr) bool {
	if a.set {
		return true
	}
	a.set = true
	a.err = unix.TimerfdSettime(int(fd), 0, &a.spec, nil)
	return a.err != nil
}

func (a *alarm) close() { a.file.Close() }
