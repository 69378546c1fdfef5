package autoscaling

import (
	"fmt"
	"strings"

	"showdown/targets/cloud"
)

// The error codes that a [Group] answers with (Amazon EC2 Auto Scaling API Reference,
// Errors of each operation).
const (
	CodeValidationError           = "ValidationError"
	CodeScalingActivityInProgress = "ScalingActivityInProgress"
	CodeRefreshInProgress         = "InstanceRefreshInProgress"
	CodeNoActiveRefresh           = "ActiveInstanceRefreshNotFound"
)

// CodeInsufficientCapacity is the error code of a launch or start in a zone that has no
// capacity (EC2 User Guide, Troubleshoot instance launch issues).
const CodeInsufficientCapacity = "InsufficientInstanceCapacity"

// InsufficientCapacity is EC2's refusal to run an instance of a type in a zone, in EC2's
// words; others are the zones that have capacity.
func InsufficientCapacity(operation, typ, zone string, others ...string) *cloud.APIError {
	m := fmt.Sprintf("We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). "+
		"Our system will be working on provisioning additional capacity.", typ, zone)
	if len(others) > 0 {
		m += fmt.Sprintf(" You can currently get %s capacity by not specifying an Availability Zone in your request or choosing %s.",
			typ, strings.Join(others, ", "))
	}
	return cloud.NewAPIError(operation, CodeInsufficientCapacity, m)
}
