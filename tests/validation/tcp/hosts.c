/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.c - see hosts.h
 */
#define _GNU_SOURCE
#include "tests/validation/tcp/hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TUN_QUEUE_PACKETS 10000

static const uint32_t addresses[TCP_SIDES_COUNT] = {0x0a090001, 0x0a090002};

static bool
failed(struct hosts *hosts, const char *what)
{
    snprintf(hosts->why, sizeof hosts->why, "%s: %s", what, strerror(errno));
    return false;
}

bool
hosts_possible(char *why)
{
    if (geteuid() != 0) {
        snprintf(why, HOSTS_WHY_MAX, "it is not run by root");
        return false;
    }
    if (access("/dev/net/tun", R_OK | W_OK) != 0) {
        snprintf(why, HOSTS_WHY_MAX, "/dev/net/tun: %s", strerror(errno));
        return false;
    }
    return true;
}

static bool
setting_write(struct hosts *hosts, const char *name, const char *value)
{
    char path[128];

    snprintf(path, sizeof path, "/proc/sys/net/%s", name);
    const int file = open(path, O_WRONLY | O_CLOEXEC);

    if (file < 0) {
        return failed(hosts, path);
    }
    const bool ok = write(file, value, strlen(value)) == (ssize_t)strlen(value);

    if (!ok) {
        failed(hosts, path);
    }
    close(file);
    return ok;
}

static bool
settings_write(struct hosts *hosts, const struct cell *cell, enum tcp_side side)
{
    char memory[96];
    const bool is_scaling = cell->shifts[side] != TCP_SHIFT_NONE;

    snprintf(memory, sizeof memory, "4096 %" PRId64 " %" PRId64,
             cell->buffers[side], cell_buffer_max_bytes(cell, side));
    return setting_write(hosts, "ipv6/conf/default/disable_ipv6", "1") &&
           setting_write(hosts, "ipv4/tcp_rmem", memory) &&
           setting_write(hosts, "ipv4/tcp_window_scaling",
                         is_scaling ? "1" : "0") &&
           setting_write(hosts, "ipv4/tcp_no_metrics_save", "1");
}

static bool
device_up(struct hosts *hosts, struct ifreq *request, enum tcp_side side)
{
    const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    bool ok = any >= 0;

    request->ifr_qlen = TUN_QUEUE_PACKETS;
    ok = ok && ioctl(any, SIOCSIFTXQLEN, request) == 0;
    address.sin_addr.s_addr = htonl(addresses[side]);
    memcpy(&request->ifr_addr, &address, sizeof address);
    ok = ok && ioctl(any, SIOCSIFADDR, request) == 0;
    address.sin_addr.s_addr = htonl(0xffffff00);
    memcpy(&request->ifr_netmask, &address, sizeof address);
    ok = ok && ioctl(any, SIOCSIFNETMASK, request) == 0;
    request->ifr_flags = IFF_UP | IFF_RUNNING;
    ok = ok && ioctl(any, SIOCSIFFLAGS, request) == 0;
    if (!ok) {
        failed(hosts, "setting the TUN device up");
    }
    if (any >= 0) {
        close(any);
    }
    return ok;
}

/* device_open - without offloads: what the kernel cuts is seen on the wire */
static bool
device_open(struct hosts *hosts, enum tcp_side side)
{
    struct ifreq request = {0};

    hosts->tuns[side] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (hosts->tuns[side] < 0) {
        return failed(hosts, "/dev/net/tun");
    }
    snprintf(request.ifr_name, sizeof request.ifr_name, "way");
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(hosts->tuns[side], TUNSETIFF, &request) != 0) {
        return failed(hosts, "making a TUN device");
    }
    return device_up(hosts, &request, side);
}

/*
 * socket_new - with what must be set before it connects or listens
 *
 * A shift below what net.core.rmem_max gives (which belongs to the whole
 * machine and is left alone) comes from a clamp of the window; auto-tuning may
 * go beyond it later, up to tcp_rmem[2].
 */
static int
socket_new(struct hosts *hosts, const struct cell *cell, enum tcp_side side)
{
    const int made =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int yes = 1;
    const int clamp = (int)cell_buffer_max_bytes(cell, side);
    const char *congestion = cell->congestion == TCP_RENO ? "reno" : "cubic";

    if (made < 0) {
        failed(hosts, "socket");
        return -1;
    }
    if (setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, congestion,
                   (socklen_t)strlen(congestion)) != 0 ||
        (cell->shifts[side] != TCP_SHIFT_NONE && cell->shifts[side] < 8 &&
         setsockopt(made, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp,
                    sizeof clamp) != 0)) {
        failed(hosts, "setsockopt");
        close(made);
        return -1;
    }
    return made;
}

static bool
server_listen(struct hosts *hosts)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(HOSTS_PORT),
        .sin_addr.s_addr = htonl(addresses[TCP_SERVER]),
    };

    if (bind(hosts->listener, (const struct sockaddr *)&address,
             sizeof address) != 0 ||
        listen(hosts->listener, 4) != 0) {
        return failed(hosts, "listen");
    }
    return true;
}

bool
hosts_open(struct hosts *hosts, const struct cell *cell)
{
    int *const sockets[TCP_SIDES_COUNT] = {&hosts->client, &hosts->listener};

    *hosts = (struct hosts){.tuns = {-1, -1}, .client = -1, .listener = -1};
    for (int i = 0; i < TCP_SIDES_COUNT; i++) {
        const enum tcp_side side = (enum tcp_side)i;

        if (unshare(CLONE_NEWNET) != 0) {
            return failed(hosts, "unshare");
        }
        if (!settings_write(hosts, cell, side) || !device_open(hosts, side)) {
            return false;
        }
        *sockets[side] = socket_new(hosts, cell, side);
        if (*sockets[side] < 0) {
            return false;
        }
    }
    return server_listen(hosts);
}

bool
hosts_connect(struct hosts *hosts)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(HOSTS_PORT),
        .sin_addr.s_addr = htonl(addresses[TCP_SERVER]),
    };

    if (connect(hosts->client, (const struct sockaddr *)&address,
                sizeof address) != 0 &&
        errno != EINPROGRESS) {
        return failed(hosts, "connect");
    }
    return true;
}

void
hosts_info_print(FILE *file, const char *name, int socket)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (socket < 0 ||
        getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        fprintf(file, "# %s: no connection\n", name);
        return;
    }
    fprintf(file,
            "# %s: wscale=%u,%u rto_us=%u rtt_us=%u/%u snd_mss=%u rcv_mss=%u "
            "cwnd=%u ssthresh=%u rcv_space=%u rcv_ssthresh=%u snd_wnd=%u "
            "retrans=%u lost=%u sacked=%u probes=%u backoff=%u "
            "ca_state=%u rwnd_limited_us=%" PRIu64 " busy_us=%" PRIu64 "\n",
            name, info.tcpi_snd_wscale, info.tcpi_rcv_wscale, info.tcpi_rto,
            info.tcpi_rtt, info.tcpi_rttvar, info.tcpi_snd_mss,
            info.tcpi_rcv_mss, info.tcpi_snd_cwnd, info.tcpi_snd_ssthresh,
            info.tcpi_rcv_space, info.tcpi_rcv_ssthresh, info.tcpi_snd_wnd,
            info.tcpi_total_retrans, info.tcpi_lost, info.tcpi_sacked,
            info.tcpi_probes, info.tcpi_backoff, info.tcpi_ca_state,
            (uint64_t)info.tcpi_rwnd_limited, (uint64_t)info.tcpi_busy_time);
}
