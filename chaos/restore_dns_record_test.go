package chaos

func restoreDNSRecordExamples() []example {
	return []example{{
		do: "restore-dns-record", target: "web-2", with: []string{"host", "one"},
		faked:    map[string]any{"records_before": 1, "records": 2},
		evidence: "4 of 4 name servers say 127.",
		facts:    func(f, _ map[string]any) bool { return f["records_before"] == 1 && f["records"] == 2 },
	}}
}
