package chaos

// restoreDNSRecord puts the instance's present address into a name's A records.
func restoreDNSRecord() deed {
	return deed{
		inside:   true,
		evidence: "every name server answers with the address",
		made:     "the lab's own name servers change their answers when the zone's propagation is over; clients ask them over real UDP",
		effect:   func(t *target, v values) effect { return &record{target: t, host: v.names["host"], in: true} },
	}
}
