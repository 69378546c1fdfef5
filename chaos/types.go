package chaos

import "showdown/targets/cloud/ec2"

// typeNames are the instance types that exist.
func typeNames() []string { return ec2.TypeNames() }
