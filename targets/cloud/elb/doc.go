// Package elb imitates the control plane of Elastic Load Balancing in its own words:
// load balancers with a node in each Availability Zone, target groups, registered
// targets and their health, deregistration, zonal shift, and the DNS name whose answer
// is the nodes that serve.
//
// A [Balancer] is one load balancer. Its methods are named after the operations of the
// Elastic Load Balancing API and refuse with an [APIError] that carries the code AWS
// uses. A node is a machine that a [cloud.Backend] runs; it really takes the clients'
// connections, and it checks the health of each target by itself. What passes between
// the two is [cloud.Balancer], the configuration that a node is told, and [cloud.Note],
// what it says on its own. [Balancer.Run] owns every goroutine: it tells the nodes what
// has changed, takes their notes in, looks at the nodes and ends what has a deadline.
//
// What the nodes' beliefs make of a target (health.go), which nodes are in the name's
// answer (failover.go), when a deregistration is complete (register.go), what a node is
// told (plan.go) and what the use costs (lcu.go) are functions of values with time as an
// argument. run.go and node.go carry them out.
//
// Rules carry the page of the AWS documentation that they imitate, in its edition of
// mid 2023 unless a later change is named. A rule without such a page says "unverified".
// "ALB" in a source is the User Guide for Application Load Balancers, "CLB" the one for
// Classic Load Balancers.
package elb
