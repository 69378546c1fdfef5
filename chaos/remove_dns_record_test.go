package chaos

func removeDNSRecordExamples() []example {
	return []example{{
		do: "remove-dns-record", target: "web-2",
		faked:    map[string]any{"records_before": 2, "records": 1},
		evidence: "4 of 4 name servers say 127.",
		facts:    func(f, _ map[string]any) bool { return f["records_before"] == 2 && f["records"] == 1 },
	}}
}
