package vpc

import (
	"errors"
	"fmt"
)

// APIError is an operation on security groups that AWS refused (Amazon EC2 API
// Reference, Error codes).
type APIError struct {
	// Operation is the API operation: "AuthorizeSecurityGroupIngress".
	Operation string
	// Code is the error code, one of the Code constants.
	Code string
	// Message says what was wrong with the request.
	Message string
}

// The error codes that a [VPC] answers with.
const (
	// CodeGroupNotFound is a group that does not exist.
	CodeGroupNotFound = "InvalidGroup.NotFound"
	// CodeGroupDuplicate is a group whose name is taken.
	CodeGroupDuplicate = "InvalidGroup.Duplicate"
	// CodeRuleDuplicate is a rule that the group has, CodeRuleNotFound one that it has
	// not.
	CodeRuleDuplicate = "InvalidPermission.Duplicate"
	CodeRuleNotFound  = "InvalidPermission.NotFound"
	// CodeInvalidParameterValue is a source, a port or a limit that cannot be.
	CodeInvalidParameterValue = "InvalidParameterValue"
	// CodeTooManyRules and CodeTooManyGroups are quotas (VPC User Guide, Amazon VPC
	// quotas, security groups).
	CodeTooManyRules  = "RulesPerSecurityGroupLimitExceeded"
	CodeTooManyGroups = "SecurityGroupsPerInterfaceLimitExceeded"
)

// Error is the refusal in one line: operation, code, message.
func (e *APIError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Operation, e.Code, e.Message)
}

// Code is the error code of the [APIError] that err wraps; empty when there is none.
func Code(err error) string {
	var api *APIError
	if errors.As(err, &api) {
		return api.Code
	}
	return ""
}
