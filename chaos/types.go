package chaos

// typeNames are the instance types that exist.
func typeNames() []string {
	return []string{"t2.micro", "m5.large"}
}
