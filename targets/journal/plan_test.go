package journal

import (
	"net/netip"
	"testing"
)

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		slot    int
		role    Role
		zone, n int
		want    string // empty: outside the plan
	}{
		{1, RoleClients, 0, 0, "127.16.0.4"},
		{1, RoleElastic, 0, 1, "127.17.0.5"},
		{1, RolePrivate, 2, 0, "127.19.2.4"},
		{2, RoleClients, 0, 0, "127.32.0.4"},
		{15, RolePrivate, 255, 250, "127.243.255.254"},
		{15, maxRole, 255, 250, "127.254.255.254"},
		{0, RoleClients, 0, 0, ""},
		{16, RoleClients, 0, 0, ""},
		{1, -1, 0, 0, ""},
		{1, 15, 0, 0, ""},
		{1, RoleClients, 256, 0, ""},
		{1, RoleClients, -1, 0, ""},
		{1, RoleClients, 0, 251, ""},
		{1, RoleClients, 0, -1, ""},
	} {
		got, err := Address(c.slot, c.role, c.zone, c.n)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%+v: %s, want an error", c, got)
		case c.want != "" && (err != nil || got.String() != c.want):
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

func TestAddressesNeverCollide(t *testing.T) {
	seen := map[netip.Addr]bool{}
	for slot := MinSlot; slot <= MaxSlot; slot++ {
		for role := RoleClients; role <= maxRole; role++ {
			network := netip.PrefixFrom(netip.AddrFrom4([4]byte{127, byte(16*slot + int(role)), 0, 0}), 16)
			for _, n := range []int{0, MaxHosts - 1, MaxHosts, 256*MaxHosts - 1} {
				a, err := Flat(slot, role, n)
				if err != nil || seen[a] || !network.Contains(a) || !a.IsLoopback() {
					t.Fatalf("slot %d role %d number %d: %s in %s, %v", slot, role, n, a, network, err)
				}
				seen[a] = true
			}
			if a, err := Flat(slot, role, 256*MaxHosts); err == nil {
				t.Fatalf("beyond the room: %s", a)
			}
		}
	}
}
