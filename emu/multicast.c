#include "emu/multicast.h"

#include <errno.h>
#include <string.h>

enum { GROUPS_MOST = 20 }; /* net.ipv4.igmp_max_memberships */
enum { MREQ_SIZE = 8, MREQN_SIZE = 12, ADDR_SIZE = 4 };
/* struct group_req: the interface, a gap, a struct sockaddr_storage. */
enum { GROUP_AT = 8, GROUP4_AT = GROUP_AT + 4, GROUP6_AT = GROUP_AT + 8 };

struct drill_member {
    struct drill_member *next;
    const struct drill_socket *socket;
    struct drill_addr group; /* port and zone 0 */
    uint32_t interface;
};

/* What an option asks for. */
struct request {
    struct drill_addr group;
    struct drill_addr address; /* of the interface, or a wildcard */
    uint32_t interface;        /* its index; 0: by its address, or any */
};

static bool is_group(const struct drill_member *member, const struct drill_addr *group,
                     uint32_t interface)
{
    return member->interface == interface &&
           memcmp(member->group.ip, group->ip, sizeof group->ip) == 0;
}

static struct drill_member **find(const struct drill_socket *socket, const struct drill_addr *group,
                                  uint32_t interface)
{
    struct drill_member **at = &socket->file.host->members;

    while (*at != NULL && ((*at)->socket != socket || !is_group(*at, group, interface)))
        at = &(*at)->next;
    return at;
}

static uint32_t count(const struct drill_socket *socket)
{
    uint32_t groups = 0;

    for (const struct drill_member *each = socket->file.host->members; each != NULL;
         each = each->next)
        groups += each->socket == socket && drill_addr_is_v4(&each->group);
    return groups;
}

/* The interface that is meant; 0: there is no such. */
static uint32_t interface_of(const struct drill_host *host, const struct request *request)
{
    if (request->interface != 0)
        return request->interface < DRILL_DEVICES ? request->interface : 0;
    if (!drill_addr_is_any(&request->address))
        return drill_host_interface(host, &request->address);
    return drill_host_source_on(host, DRILL_INTERFACE_NET, &request->group) != NULL
               ? DRILL_INTERFACE_NET
               : 0;
}

static int join(const struct drill_socket *socket, const struct request *request)
{
    struct drill_host *host = socket->file.host;
    struct drill_mem *mem = drill_socket_mem(socket);
    const uint32_t interface = interface_of(host, request);

    if (!drill_addr_is_multicast(&request->group))
        return -EINVAL;
    if (interface == 0)
        return -ENODEV;
    if (*find(socket, &request->group, interface) != NULL)
        return -EADDRINUSE;
    if (drill_addr_is_v4(&request->group) && count(socket) >= GROUPS_MOST)
        return -ENOBUFS;
    struct drill_member *member = drill_mem_new(mem, sizeof *member);
    if (member == NULL)
        return -ENOMEM;
    *member = (struct drill_member){
        .next = host->members, .socket = socket, .group = request->group, .interface = interface};
    host->members = member;
    return 0;
}

static void remove_at(struct drill_member **at, struct drill_mem *mem)
{
    struct drill_member *member = *at;

    *at = member->next;
    drill_mem_free(mem, member, sizeof *member);
}

/* What is no group was not joined; IPv6 alone says that it could not be. */
static int leave(const struct drill_socket *socket, const struct request *request)
{
    const uint32_t interface = interface_of(socket->file.host, request);
    struct drill_member **at = find(socket, &request->group, interface);

    if (!drill_addr_is_v4(&request->group) && !drill_addr_is_multicast(&request->group))
        return -EINVAL;
    if (*at == NULL)
        return -EADDRNOTAVAIL;
    remove_at(at, drill_socket_mem(socket));
    return 0;
}

void drill_multicast_leave_all(const struct drill_socket *socket)
{
    struct drill_member **at = &socket->file.host->members;

    while (*at != NULL)
        if ((*at)->socket == socket)
            remove_at(at, drill_socket_mem(socket));
        else
            at = &(*at)->next;
}

static struct drill_addr read4(const uint8_t *bytes)
{
    struct drill_addr addr = drill_addr_any4;

    memcpy(addr.ip + sizeof addr.ip - ADDR_SIZE, bytes, ADDR_SIZE);
    return addr;
}

/* struct ip_mreq, or struct ip_mreqn. */
static void read_mreq(const uint8_t *value, size_t size, struct request *request)
{
    *request = (struct request){.group = read4(value), .address = read4(value + ADDR_SIZE)};
    if (size >= MREQN_SIZE)
        memcpy(&request->interface, value + MREQ_SIZE, sizeof request->interface);
}

/* struct ipv6_mreq.  An IPv4-mapped group is none. */
static void read_mreq6(const uint8_t *value, struct request *request)
{
    *request = (struct request){0};
    memcpy(request->group.ip, value, sizeof request->group.ip);
    memcpy(&request->interface, value + sizeof request->group.ip, sizeof request->interface);
    if (drill_addr_is_v4(&request->group))
        request->group = drill_addr_any6;
}

static int read_group(const uint8_t *value, bool v6, struct request *request)
{
    uint16_t family;

    *request = (struct request){0};
    memcpy(&request->interface, value, sizeof request->interface);
    memcpy(&family, value + GROUP_AT, sizeof family);
    if (family != (v6 ? DRILL_AF_INET6 : DRILL_AF_INET))
        return v6 ? -EADDRNOTAVAIL : -EINVAL;
    if (v6)
        memcpy(request->group.ip, value + GROUP6_AT, sizeof request->group.ip);
    else
        request->group = read4(value + GROUP4_AT);
    return 0;
}

int drill_multicast_option(struct drill_file *file, int level, int number, const void *value,
                           size_t size)
{
    const struct drill_socket *socket = drill_socket_of(file);
    struct request request;
    int result = 0;

    switch (drill_option_find(level, number)) {
    case DRILL_IP_ADD_MEMBERSHIP:
        read_mreq(value, size, &request);
        return join(socket, &request);
    case DRILL_IP_DROP_MEMBERSHIP:
        read_mreq(value, size, &request);
        return leave(socket, &request);
    case DRILL_IPV6_ADD_MEMBERSHIP:
        read_mreq6(value, &request);
        return join(socket, &request);
    case DRILL_IPV6_DROP_MEMBERSHIP:
        read_mreq6(value, &request);
        return leave(socket, &request);
    case DRILL_MCAST_JOIN_GROUP:
    case DRILL_IPV6_MCAST_JOIN_GROUP:
        result = read_group(value, level == DRILL_IPPROTO_IPV6, &request);
        return result < 0 ? result : join(socket, &request);
    case DRILL_MCAST_LEAVE_GROUP:
    case DRILL_IPV6_MCAST_LEAVE_GROUP:
        result = read_group(value, level == DRILL_IPPROTO_IPV6, &request);
        return result < 0 ? result : leave(socket, &request);
    default:
        return -ENOPROTOOPT;
    }
}

/* 224.0.0.1, ff01::1 and ff02::1. */
static bool is_all_nodes(const struct drill_addr *group)
{
    static const struct drill_addr all4 = {
        .ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 224, 0, 0, 1}};
    static const struct drill_addr all6[] = {{.ip = {0xff, 1, [15] = 1}},
                                             {.ip = {0xff, 2, [15] = 1}}};

    return memcmp(group->ip, all4.ip, sizeof group->ip) == 0 ||
           memcmp(group->ip, all6[0].ip, sizeof group->ip) == 0 ||
           memcmp(group->ip, all6[1].ip, sizeof group->ip) == 0;
}

bool drill_multicast_is_joined(const struct drill_host *host, const struct drill_addr *group,
                               uint32_t interface)
{
    const struct drill_member *each = host->members;

    while (each != NULL && !is_group(each, group, interface))
        each = each->next;
    return each != NULL || is_all_nodes(group);
}

bool drill_multicast_wants(const struct drill_socket *socket, const struct drill_dgram *dgram)
{
    const bool v4 = drill_addr_is_v4(&dgram->target);

    return !drill_addr_is_multicast(&dgram->target) ||
           *find(socket, &dgram->target, dgram->interface) != NULL ||
           drill_socket_option(socket, v4 ? DRILL_IP_MULTICAST_ALL : DRILL_IPV6_MULTICAST_ALL);
}
