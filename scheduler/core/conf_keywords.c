/* SPDX-License-Identifier: MIT */
/*
 * conf_keywords.c - the words of imta.cnf and of option files
 *
 * Keywords that mean something to scheduling come from the table of settings
 * (conf_settings.h): their own name, each of their choices, or noNAME. The
 * others, which real files are full of, stand here with their arity only, so
 * that their arguments are not taken for keywords.
 */
#include "conf_say.h"
#include "conf_settings.h"

#include <stddef.h>

/* Names separated by blanks. */
struct ignored {
    const char *names;
    uint32_t args_min;
    uint32_t args_max;
};

/* SOURCE  Messaging Server 6 2005Q4 Administration Guide, table of channel
 *         keywords, and later versions' reference. */
static const struct ignored ignored_keywords[] = {
    {"822 733 uucp header_822 header_733 header_uucp acceptalladdresses "
     "acceptvalidaddresses addreturnpath noaddreturnpath aliaslocal "
     "aliaspostmaster allowetrn allowswitchchannel noswitchchannel "
     "switchchannel bangoverpercent nobangoverpercent percentonly percents "
     "blocketrn disableetrn domainetrn silentetrn checkehlo ehlo noehlo "
     "chunkingclient chunkingserver nochunkingclient nochunkingserver "
     "commentinc commentomit commentstrip commenttotal connectalias "
     "connectcanonical convert_octet_stream noconvert_octet_stream",
     0, 0},
    {"copysendpost nocopysendpost copywarnpost nocopywarnpost dayofweek "
     "nodayofweek defaultmx defaultnameservers defragment nodefragment "
     "deferreddestination nodeferreddestination deferredsource "
     "nodeferredsource deletemessagehash generatemessagehash keepmessagehash "
     "dequeue_removeroute domainvrfy localvrfy novrfy vrfyallow vrfydefault "
     "vrfyhide dropblank nodropblank eightbit eightnegotiate eightstrict "
     "sevenbit errsendpost errwarnpost sendpost nosendpost warnpost "
     "nowarnpost expnallow expndefault expndisable exproute noexproute",
     0, 0},
    {"externalidentity flagtransfer noflagtransfer forwardcheckdelete "
     "forwardchecknone forwardchecktag headerbottom headerinc headeromit "
     "headerread noheaderread headertrim noheadertrim holdexquota exquota "
     "noexquota identnone identnonelimited identnonenumeric "
     "identnonesymbolic identtcp identtcplimited identtcpnumeric "
     "identtcpsymbolic ignoreencoding ignoremessageencoding "
     "ignoremultipartencoding interpretencoding interpretmessageencoding "
     "interpretmultipartencoding implicitsaslexternal noimplicitsaslexternal "
     "explicitsaslexternal improute noimproute includefinal suppressfinal",
     0, 0},
    {"inner noinner innertrim noinnertrim localbehavior loopcheck noloopcheck "
     "mailfromdnsverify nomailfromdnsverify master_debug nomaster_debug "
     "slave_debug noslave_debug maysasl maysaslclient maysaslserver mustsasl "
     "mustsaslclient mustsaslserver nosasl nosaslclient nosaslserver maytls "
     "maytlsclient maytlsserver musttls musttlsclient musttlsserver notls "
     "notlsclient notlsserver msexchange nomsexchange multigate nomultigate "
     "mx nomx randommx nonrandommx mxexpand nomxexpand nodefaulthost "
     "nodestinationfilter nofileinto nofilter nosourcefilter nosendetrn",
     0, 0},
    {"personalinc personalomit personalstrip postheadbody postheadonly "
     "receivedfor noreceivedfor receivedfrom noreceivedfrom refuseetrn "
     "refusenotary notary nonotary rejectsmtplonglines remotehost "
     "noremotehost restricted unrestricted noreturnaddress noreturnpersonal "
     "reverse noreverse routelocal rules norules sensitivitycompany"
     "confidential sensitivitynormal sensitivitypersonal sensitivityprivate "
     "serviceall noserviceall sourcecommentinc sourcecommentomit "
     "sourcecommentstrip sourcecommenttotal sourcepersonalinc "
     "sourcepersonalomit sourcepersonalstrip sourceroute",
     0, 0},
    {"subaddressexact subaddressrelaxed subaddresswild submit "
     "truncatesmtplonglines wrapsmtplonglines useintermediate usepermanent"
     "errors userswitchchannel nouserswitchchannel validatelocalmsgstore "
     "validatelocalnone validatelocalsystem viaaliasoptional "
     "viaaliasrequired x_env_to nox_env_to sourcespamfilter1 "
     "sourcespamfilter2 sourcespamfilter3 sourcespamfilter4 "
     "destinationspamfilter1 destinationspamfilter2 destinationspamfilter3 "
     "destinationspamfilter4 lastresortmx nolastresort noaddrsperjob "
     "noblocklimit nolinelimit daemonrouter threaded",
     0, 0},
    {"addrsperjob aliasdetourhost aliasmagic aliasoptindetourhost "
     "alternateblocklimit alternatechannel alternatelinelimit "
     "alternaterecipientlimit authrewrite blocklimit charset7 charset8 "
     "charsetesc commentmap deliveryflags destinationfilter "
     "destinationnosolicit destinationspamfilter1optin "
     "destinationspamfilter2optin destinationspamfilter3optin "
     "destinationspamfilter4optin disconnectbadauthlimit "
     "disconnectbadcommandlimit disconnectbadburllimit "
     "disconnectcommandlimit disconnectrecipientlimit disconnectrejectlimit "
     "dispositionchannel notificationchannel fileinto filter",
     1, 1},
    {"headerlabelalign headerlinelength interfaceaddress language lastresort "
     "linelength linelimit maxblocks maxfiles maxheaderaddrs maxheaderchars "
     "maxlines maxprocchars maxperiodicnonurgent maxperiodicnormal "
     "maxperiodicurgent minperiodicnonurgent minperiodicnormal "
     "minperiodicurgent missingrecipientpolicy nameparameterlengthlimit "
     "parameterlengthlimit personalmap port recipientcutoff recipientlimit "
     "rejectlimit returnaddress returnpersonal saslswitchchannel sendetrn "
     "sourceblocklimit sourcefilter sourcenosolicit sourcespamfilter1optin "
     "sourcespamfilter2optin sourcespamfilter3optin sourcespamfilter4optin "
     "streaming subdirs tlsswitchchannel usereplyto useresent user "
     "authpassword authusername",
     1, 1},
    {"defaulthost", 1, 2},
    {"nameservers ipbackoff", 1, 8},
};

/* SOURCE  2005Q4 Administration Reference, TCP/IP and ims-ms channel option
 *         files. */
static const char ignored_options[] =
    "allow_etrns_per_session allow_recipients_per_transaction "
    "allow_rejections_before_deferral allow_transactions_per_session "
    "banner_additions banner_host banner_purge_delay cache_debug "
    "check_source client_cert_nickname command_receive_time "
    "command_transmit_time custom_version_string data_receive_time "
    "data_transmit_time disable_address disable_circuit disable_expand "
    "disable_general disable_send disable_status dot_transmit_time "
    "ehlo_addition hide_verify idle_timeout initial_command "
    "log_banner log_connection log_transportinfo mail_transmit_time "
    "max_a_records max_b_entries max_helo_domain_length "
    "max_j_entries max_mx_records max_server_threads max_client_pipeline "
    "proxy_password rcpt_transmit_time reject_recipients_per_transaction "
    "session_time status_data_receive_time "
    "status_data_recv_per_addr_per_block_time "
    "status_data_recv_per_addr_time status_data_recv_per_block_time "
    "status_mail_receive_time status_rcpt_receive_time "
    "status_receive_time trace_level transaction_limit_rcpt_to "
    "debug log_protocol ssl_client windows_receive windows_transmit "
    "checkpoint_time quota_check attempt_recipients_per_transaction";

static const char ignored_job_options[] =
    "debug interface_address tcp_port secret command capacity queue "
    "max_client_threads user group log_level "
    "process_slave_commands";

/* list_has - whether a blank-separated list of words has this one */
static bool
list_has(const char *list, struct text_slice word)
{
    struct text_slice rest = text_of(list);

    while (rest.size > 0) {
        uint64_t size = 0;

        while (size < rest.size && rest.bytes[size] != ' ') {
            size++;
        }
        struct text_slice name = {rest.bytes, size};
        if (text_equal_nocase(name, word, CONF_KEYWORD_BYTES)) {
            return true;
        }
        size += size < rest.size;
        rest.bytes += size;
        rest.size -= size;
    }
    return false;
}

bool
conf_option_is_ignored(struct text_slice name)
{
    return list_has(ignored_options, name);
}

bool
conf_job_option_is_ignored(struct text_slice name)
{
    return list_has(ignored_job_options, name);
}

static bool
is_word(struct text_slice word, const char *name)
{
    return name && text_equal_nocase(word, text_of(name), CONF_KEYWORD_BYTES);
}

/* setting_has - whether `word` is this setting's keyword, and what it says */
static bool
setting_has(const struct conf_setting *setting, struct text_slice word,
            struct conf_keyword *keyword)
{
    if (setting->kind == CONF_KIND_CHOICE) {
        for (uint32_t i = 0; setting->choices[i]; i++) {
            if (is_word(word, setting->choices[i])) {
                keyword->has_value = true;
                keyword->value = i;
                return true;
            }
        }
        return false;
    }
    if (setting->kind == CONF_KIND_SWITCH) {
        uint64_t no_size = word.size > 2 ? 2 : 0;
        struct text_slice tail = {word.bytes + no_size, word.size - no_size};
        bool is_no = text_starts_nocase(word, text_of("no")) &&
                     is_word(tail, setting->name);

        keyword->has_value = true;
        keyword->value = !is_no;
        return is_no || is_word(word, setting->name);
    }
    return is_word(word, setting->name) || is_word(word, setting->alias);
}

struct conf_keyword
conf_keyword_find(struct text_slice word)
{
    for (uint32_t key = 0; key < CONF_CHANNEL_KEYS_COUNT; key++) {
        const struct conf_setting *setting = conf_setting((enum conf_key)key);
        struct conf_keyword keyword = {.state = CONF_KEYWORD_SETTING,
                                       .key = (enum conf_key)key};

        if ((setting->where & CONF_IN_CHANNELS) != 0 &&
            setting_has(setting, word, &keyword)) {
            return keyword;
        }
    }
    for (uint32_t i = 0;
         i < sizeof ignored_keywords / sizeof ignored_keywords[0]; i++) {
        const struct ignored *ignored = &ignored_keywords[i];

        if (list_has(ignored->names, word)) {
            return (struct conf_keyword){.state = CONF_KEYWORD_IGNORED,
                                         .args_min = ignored->args_min,
                                         .args_max = ignored->args_max};
        }
    }
    return (struct conf_keyword){.state = CONF_KEYWORD_UNKNOWN};
}

void
conf_keyword_nearest(struct conf_nearest *nearest)
{
    for (uint32_t key = 0; key < CONF_CHANNEL_KEYS_COUNT; key++) {
        const struct conf_setting *setting = conf_setting((enum conf_key)key);

        if ((setting->where & CONF_IN_CHANNELS) == 0) {
            continue;
        }
        if (setting->kind != CONF_KIND_CHOICE) {
            conf_nearest_try(nearest, setting->name);
            continue;
        }
        for (uint32_t i = 0; setting->choices[i]; i++) {
            conf_nearest_try(nearest, setting->choices[i]);
        }
    }
}
