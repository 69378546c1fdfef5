package ec2

import (
	"errors"
	"fmt"
)

// APIError is an operation that EC2 refused (Amazon EC2 API Reference, Error codes).
type APIError struct {
	// Operation is the API operation: "ModifyInstanceAttribute".
	Operation string
	// Code is EC2's error code, one of the Code constants.
	Code string
	// Message says what was wrong with the request.
	Message string
}

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
