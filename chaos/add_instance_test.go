package chaos

func addInstanceExamples() []example {
	return []example{{
		do: "add-instance", target: "web-1", with: []string{"name", "web-9"}, lasts: 2 * minute,
		faked:    map[string]any{"instance": "web-9", "state": "running"},
		evidence: "DescribeInstances says running of web-9, at 127.",
		facts:    func(f, _ map[string]any) bool { return f["state"] == "running" && f["address"] != f["address_before"] },
	}}
}
