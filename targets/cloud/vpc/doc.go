// Package vpc is Amazon VPC as far as a lab needs it: security groups, the members
// that they protect, and the subnets of the zones.
//
// A [Network] is the rules as a value: it says what each member lets in
// ([Network.Inbound]) and who is allowed to reach whom ([Network.Allows]), and knows
// neither time nor sockets. A [VPC] is the control plane around one: it takes AWS's
// operations, and sends the members whose rules changed what they shall let in from
// now on. The members themselves enforce it, as receivers.
package vpc
