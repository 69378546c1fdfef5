//go:build !linux

package attack

import "time"

// alarm has no counterpart here: vegeta's sleep is used.
type alarm struct{}

func newAlarm() *alarm { return nil }

func (a *alarm) wait(time.Duration) bool { return false }

func (a *alarm) close() {}
