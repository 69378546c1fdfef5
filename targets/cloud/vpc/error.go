package vpc

import "showdown/targets/cloud"

// APIError is an operation that was refused.
type APIError = cloud.APIError

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

// Code is the error code of the [APIError] that err wraps; empty when there is none.
func Code(err error) string { return cloud.Code(err) }
