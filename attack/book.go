package attack

import (
	"crypto/tls"
	"net"
	"slices"
	"time"

	"showdown"
)

// Endpoint is an address at which an instance answers, and the instance's name.
type Endpoint struct {
	Name string
	// Address is "ip:port".
	Address string
}

// endpoint is an Endpoint with the requests that are sent to it, ready to be
// written. It never changes, so that connections and address books can be compared
// by its pointer.
type endpoint struct {
	Endpoint
	// ip is the address without its port.
	ip string
	// place is where the endpoint stands among all that names were resolved to.
	place int
	// host is the Host header of requests that have no other.
	host string
	// keep and last hold one request for each target: for a connection that stays,
	// and for one that serves this request only. A request that a scenario fills in has
	// none.
	keep, last [][]byte
}

// named is the configuration with the name that the server's certificate must have.
func (e *endpoint) named(c *tls.Config) *tls.Config {
	if c.ServerName != "" {
		return c
	}
	c = c.Clone()
	if c.ServerName, _, _ = net.SplitHostPort(e.host); c.ServerName == "" {
		c.ServerName = e.ip
	}
	return c
}

// book is what clients know of addresses at one time. It never changes; a new one
// replaces it.
type book struct {
	version uint64
	// sites holds the addresses of each site that targets lie on; a lab is one site.
	sites []listing
}

// listing is the addresses of one site.
type listing struct {
	all []*endpoint
	// cohorts holds, for each cohort, the addresses that its clients were told.
	cohorts [][]*endpoint
	// err is why there are none: the name was not resolved.
	err error
}

// list sorts out what each cohort knows of the endpoints. A cohort that was told of
// instances none of which is there any more keeps what it had in before.
func list(endpoints []*endpoint, cohorts []cohort, before *listing) listing {
	l := listing{all: endpoints, cohorts: make([][]*endpoint, len(cohorts))}
	for i, c := range cohorts {
		known := endpoints
		if len(c.knows) > 0 {
			known = nil
			for _, e := range endpoints {
				if slices.Contains(c.knows, e.Name) {
					known = append(known, e)
				}
			}
		}
		if len(known) == 0 && before != nil {
			known = before.cohorts[i]
		}
		l.cohorts[i] = known
	}
	return l
}

// cohort is a group of clients that have the profile in common, and the instances
// they were told of or the name that they resolve.
type cohort struct {
	name    string
	profile showdown.Profile
	knows   []string
	size    int
	ageing  ageing
	// hostname is the name that these clients resolve, as a stage file has it; empty
	// clients are told addresses. host is what it stands for.
	hostname string
	host     *host
}

// ageing bounds the life of a connection in lab time; zeros bound nothing.
type ageing struct {
	requests int
	age      time.Duration
}
