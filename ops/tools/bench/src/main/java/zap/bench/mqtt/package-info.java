/**
 * Users of an MQTT broker, as a neighbour to compare with: QoS 1, persistent sessions, over the HiveMQ client. A user
 * is a topic to which it alone is subscribed; a group is a topic to which all of its members are.
 */
@NullMarked
package zap.bench.mqtt;

import org.jspecify.annotations.NullMarked;
