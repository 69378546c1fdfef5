package proxy

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"time"

	"showdown"
)

// The load balancers' cookies (User Guide for Application Load Balancers, Sticky
// sessions; User Guide for Classic Load Balancers, Sticky sessions).
const (
	cookieDuration    = "AWSALB"
	cookieCrossOrigin = "AWSALBCORS"
	cookieApplication = "AWSALBAPP-0"
	cookieClassic     = "AWSELB"
)

// stickyTo is what a cookie says, and nobody but the nodes can read.
type stickyTo struct {
	group, target string
	until         time.Time
}

// sealer turns what a cookie says into its value and back, with a key that all nodes of
// a load balancer have.
type sealer struct{ aead cipher.AEAD }

func newSealer(secret string) (sealer, error) {
	key := sha256.Sum256([]byte("stickiness " + secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead}, err
}

// seal is the value of a cookie that says s. nonce must not be used again.
func (k sealer) seal(s stickyTo, nonce [12]byte) string {
	plain := make([]byte, 0, 64)
	plain = binary.BigEndian.AppendUint64(plain, uint64(s.until.UnixNano()))
	plain = append(plain, byte(len(s.group)))
	plain = append(append(plain, s.group...), s.target...)
	sealed := k.aead.Seal(append(make([]byte, 0, 128), nonce[:]...), nonce[:], plain, nil)
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// open is what the value of a cookie says at the time now; ok is false for one that no
// node has made, or that is too old.
func (k sealer) open(value []byte, now time.Time) (s stickyTo, ok bool) {
	sealed, err := base64.RawURLEncoding.AppendDecode(nil, value)
	size := k.aead.NonceSize()
	if err != nil || len(sealed) < size {
		return s, false
	}
	plain, err := k.aead.Open(nil, sealed[:size], sealed[size:], nil)
	if err != nil || len(plain) < 9 || len(plain) < 9+int(plain[8]) {
		return s, false
	}
	s.until = time.Unix(0, int64(binary.BigEndian.Uint64(plain)))
	names := 9 + int(plain[8])
	s.group, s.target = string(plain[9:names]), string(plain[names:])
	return s, now.Before(s.until)
}

// cookieValue is the value of the first cookie of that name in the request; nil where
// there is none.
func cookieValue(fields []field, name string) []byte {
	for _, h := range fields {
		if !is(h.name, "cookie") {
			continue
		}
		for rest := h.value; len(rest) > 0; {
			var one []byte
			if i := bytes.IndexByte(rest, ';'); i >= 0 {
				one, rest = rest[:i], rest[i+1:]
			} else {
				one, rest = rest, nil
			}
			if k, v, ok := bytes.Cut(trim(one), []byte{'='}); ok && string(k) == name {
				return v
			}
		}
	}
	return nil
}

// sets says whether an answer sets the cookie of that name.
func sets(fields []field, name string) bool {
	for _, h := range fields {
		if is(h.name, "set-cookie") {
			if k, _, ok := bytes.Cut(h.value, []byte{'='}); ok && string(trim(k)) == name {
				return true
			}
		}
	}
	return false
}

// stickiness is how a group binds clients to targets.
type stickiness struct {
	showdown.Stickiness
	classic bool
	// lab is how long a binding lasts in lab time.
	lab time.Duration
}

// defaultCookieAge is the duration of a cookie that was given none (User Guide for
// Application Load Balancers, Sticky sessions).
const defaultCookieAge = showdown.Duration(24 * time.Hour)

func newStickiness(s showdown.Stickiness, classic bool, clock showdown.Clock) *stickiness {
	if s.Duration <= 0 {
		s.Duration = defaultCookieAge
	}
	return &stickiness{s, classic, clock.Lab(s.Duration)}
}

// cookie is the name of the balancer's own cookie.
func (s *stickiness) cookie() string {
	switch {
	case s.classic:
		return cookieClassic
	case s.Type == showdown.ApplicationCookie:
		return cookieApplication
	}
	return cookieDuration
}

// bound is where the request's cookies lead, "" to no target in particular. An
// application's cookie must be there beside the balancer's: without it the session is
// another one.
func (s *stickiness) bound(k sealer, fields []field, group string, now time.Time) string {
	if s.Type == showdown.ApplicationCookie && cookieValue(fields, s.Cookie) == nil {
		return ""
	}
	value := cookieValue(fields, s.cookie())
	if value == nil && s.cookie() == cookieDuration {
		value = cookieValue(fields, cookieCrossOrigin)
	}
	if value == nil {
		return ""
	}
	to, ok := k.open(value, now)
	if !ok || to.group != group {
		return ""
	}
	return to.target
}

// binds says whether an answer carries the balancer's cookie: always where the age of
// the cookie counts, which begins anew with each answer; with the application's cookie,
// when the application sets it or the client has it.
func (s *stickiness) binds(had bool, answer []field) bool {
	return s.Type != showdown.ApplicationCookie || had || sets(answer, s.Cookie)
}

// appendCookies adds the headers that bind the client to a target. Ages are AWS time,
// which browsers shall see; the binding itself ends in lab time.
func (s *stickiness) appendCookies(dst []byte, value string, now time.Time) []byte {
	add := func(name, more string) {
		dst = append(dst, "Set-Cookie: "+name+"="+value+"; Max-Age="...)
		dst = strconv.AppendInt(dst, int64(s.Duration.Seconds()), 10)
		dst = append(dst, "; Expires="...)
		dst = now.Add(time.Duration(s.Duration)).UTC().AppendFormat(dst, http.TimeFormat)
		dst = append(dst, "; Path=/"+more+"\r\n"...)
	}
	add(s.cookie(), "")
	if s.cookie() == cookieDuration {
		add(cookieCrossOrigin, "; SameSite=None")
	}
	return dst
}
