package chaos

// restoreDNSRecord puts the instance's present address into a name's A records.
func restoreDNSRecord() deed {
	return deed{
		evidence: "every name server answers with the address",
		effect:   func(t *target, v values) effect { return &record{target: t, host: v.names["host"], in: true} },
	}
}
