package route53

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"showdown"
)

// TestAliasOfABalancer: a record set of the file that is an alias answers with what its
// load balancer has at each query; deleted it is NXDOMAIN, and what it was puts it back.
func TestAliasOfABalancer(t *testing.T) {
	var asked atomic.Value
	z, _ := serve(t, func(c *Config) {
		c.Zone.Propagation = 0
		c.Zone.Records = append(c.Zone.Records, showdown.RecordSet{Name: "shop", Alias: "web"})
		c.Alias = func(balancer string) []netip.Addr {
			asked.Store(balancer)
			return addresses(2)
		}
	})
	ask := func() *dns.Msg {
		return exchange(t, z.Servers()[0], query("shop.whatisthetime.com.", dns.TypeA), UDP)
	}
	if got := ask(); len(got.Answer) != 2 || got.Answer[0].Header().Ttl != 60 || asked.Load() != "web" {
		t.Errorf("asked %v: %v", asked.Load(), got)
	}
	before, ok := z.Record("shop")
	if !ok || before.Alias == nil {
		t.Fatalf("the record is %+v", before)
	}
	if _, err := z.Delete("shop"); err != nil {
		t.Fatal(err)
	}
	if got := ask(); got.Rcode != dns.RcodeNameError {
		t.Errorf("deleted: %v", got)
	}
	if _, err := z.Delete("shop"); Code(err) != CodeInvalidChangeBatch {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := z.Upsert(before); err != nil {
		t.Fatal(err)
	}
	if got := ask(); len(got.Answer) != 2 {
		t.Errorf("put back: %v", got)
	}
	if u := z.Usage(time.Now()); u.Billed() != 1 {
		t.Errorf("%d queries are billed: those that an alias answers are free, NXDOMAIN is not", u.Billed())
	}
}
