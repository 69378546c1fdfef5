package vpc

import "fmt"

// Limits are the quotas on security groups (VPC User Guide, Amazon VPC quotas,
// security groups).
type Limits struct {
	// Rules is how many inbound rules a group may have; 0 is [DefaultRules].
	Rules int
	// Groups is how many groups a network interface may have, at most [MaxGroups]; 0 is
	// [DefaultGroups].
	Groups int
}

// The quotas that an account has, and what they can be raised to: the product of the
// two may not exceed [MaxProduct].
const (
	DefaultRules  = 60
	DefaultGroups = 5
	MaxGroups     = 16
	MaxProduct    = 1000
)

// resolved is l with its defaults filled in. It fails for quotas that AWS does not
// give.
func (l Limits) resolved() (Limits, error) {
	if l.Rules == 0 {
		l.Rules = DefaultRules
	}
	if l.Groups == 0 {
		l.Groups = DefaultGroups
	}
	switch {
	case l.Rules < 0 || l.Groups < 0:
		return l, fmt.Errorf("limits: %d rules and %d groups: neither can be negative", l.Rules, l.Groups)
	case l.Groups > MaxGroups:
		return l, fmt.Errorf("limits: %d groups an interface: AWS gives at most %d", l.Groups, MaxGroups)
	case l.Rules*l.Groups > MaxProduct:
		return l, fmt.Errorf("limits: %d rules times %d groups: AWS gives at most %d together", l.Rules, l.Groups, MaxProduct)
	}
	return l, nil
}
