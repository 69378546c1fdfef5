package ec2

import "showdown/targets/cloud"

// APIError is an operation that was refused.
type APIError = cloud.APIError

// The error codes that a [Region] answers with.
const (
	CodeIncorrectInstanceState = "IncorrectInstanceState"
	CodeInstanceNotFound       = "InvalidInstanceID.NotFound"
	CodeInvalidInstanceID      = "InvalidInstanceID"
	CodeInvalidParameterValue  = "InvalidParameterValue"
	CodeAddressLimitExceeded   = "AddressLimitExceeded"
	CodeAddressNotFound        = "InvalidAddress.NotFound"
	CodeAddressInUse           = "InvalidIPAddress.InUse"
	CodeAlreadyAssociated      = "Resource.AlreadyAssociated"
	CodeInsufficientAddresses  = "InsufficientFreeAddressesInSubnet"
	CodeInsufficientCapacity   = "InsufficientInstanceCapacity"
)

// Code is the error code of the [APIError] that err wraps; empty when there is none.
func Code(err error) string { return cloud.Code(err) }
