"""What a define.xml is asked beyond the schema, each with the fault planted for it: the rules of the
document, its datasets, variables, lists, methods, comments, documents and analyses.

The table follows Define-XML 2.1 and Analysis Results Metadata 1.0. The faults are planted in a small
define.xml of either layer, which has none; each change is of the first place that reads so.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.checks.define import analyses, datasets, elements, lists, whole
from pipeline.checks.define import file as define_file
from pipeline.publish.define import write as define
from pipeline.publish.define.model import Layer
from pipeline.publish.package import results
from tests.support import define_study as small

Change = tuple[str, str]

ACRF = '<def:DocumentRef leafID="LF.acrf"/>'
STUDY = (
    '<Study OID="X"><GlobalVariables><StudyName>X</StudyName><StudyDescription>X</StudyDescription>'
    "<ProtocolName>X</ProtocolName></GlobalVariables></Study>"
)
VERSION = (
    '<MetaDataVersion OID="X" Name="X" def:DefineVersion="2.1.0"><def:Standards><def:Standard OID="STD.X"'
    ' Name="SDTMIG" Type="IG" Version="3.4" Status="Final"/></def:Standards></MetaDataVersion>'
)
UNKNOWN_DOCUMENT = '<def:DocumentRef leafID="LF.none"/>'
SUPPLEMENTAL = f"<def:SupplementalDoc>{ACRF}</def:SupplementalDoc>"
RESULT = '<arm:AnalysisResult OID="AR.WOMEN" '
DISPLAY_ENDS = "</arm:ResultDisplay>"
VARIABLE = '<arm:AnalysisVariable ItemOID="IT.ADSL.SEX"/>'
DATASET_ENDS = "</arm:AnalysisDataset>"
SECOND_DATASET = f'{DATASET_ENDS}<arm:AnalysisDataset ItemGroupOID="IG.ADSL">{VARIABLE}{DATASET_ENDS}'
OTHER_CLASS, CLASS_ENDS = 'Class Name="ADAM OTHER"><def:SubClass Name="', '"/></def:Class>'
ADSL_CLASS = 'Class Name="SUBJECT LEVEL ANALYSIS DATASET"/>'

# what is asked; the layer; what is changed; what is found: rule, then dataset and variable, or the element
SDTM: list[tuple[str, list[Change], list[str]]] = [
    # --- the document
    ("a snapshot", [('FileType="Snapshot"', 'FileType="Transactional"')], ["DEF-ODM"]),
    ("of ODM 1.3.2", [('ODMVersion="1.3.2" ', 'ODMVersion="1.3.1" ')], ["DEF-ODM"]),
    ("that says its version of ODM", [('ODMVersion="1.3.2" ', "")], ["DEF-ODM"]),
    ("one study", [("</Study>", f"</Study>{STUDY}")], ["DEF-ODM", "DEF-ODM Study X"]),
    (
        "one version of its metadata",
        [("</MetaDataVersion>", f"</MetaDataVersion>{VERSION}")],
        ["DEF-ODM Study STDY.S1", "DEF-UNUSED Standard STD.X"],
    ),
    # --- standards
    (
        "no standard that nothing refers to",
        [("</def:Standards>",
          '<def:Standard OID="STD.X" Name="SDTMIG-MD" Type="IG" Version="1.1" Status="Final"/>'
          "</def:Standards>")],
        ["DEF-UNUSED Standard STD.X"],
    ),
    (
        "of a terminology its publishing set",
        [('PublishingSet="SDTM" ', "")],
        ["DEF-STANDARD Standard STD.CT.SDTM"],
    ),
    (
        "of a guide no publishing set",
        [('Type="IG" ', 'Type="IG" PublishingSet="SDTM" ')],
        ["DEF-STANDARD Standard STD.IG.SDTMIG"],
    ),
    # --- documents
    (
        "one list of annotated CRFs",
        [("<def:AnnotatedCRF>", f"<def:AnnotatedCRF>{ACRF}</def:AnnotatedCRF><def:AnnotatedCRF>")],
        ["DEF-XSD"],
    ),
    (
        "one annotated CRF",
        [("<def:AnnotatedCRF>", '<def:AnnotatedCRF><def:DocumentRef leafID="LF.other"/>'),
         ("</MetaDataVersion>",
          '<def:leaf ID="LF.other" xlink:href="b.pdf"><def:title>B</def:title></def:leaf>'
          "</MetaDataVersion>")],
        ["DEF-DOCUMENT MetaDataVersion MDV.S1.SDTM"],
    ),
    ("an annotated CRF in its list", [(f"<def:AnnotatedCRF>{ACRF}", "<def:AnnotatedCRF>")],
     ["DEF-DOCUMENT MetaDataVersion MDV.S1.SDTM", "DEF-XSD"]),
    ("an annotated CRF that is defined", [(ACRF, UNKNOWN_DOCUMENT)], ["DEF-REF MetaDataVersion MDV.S1.SDTM"]),
    (
        "one list of supplemental documents",
        [("</def:AnnotatedCRF>", f"</def:AnnotatedCRF>{2 * SUPPLEMENTAL}")],
        ["DEF-XSD"],
    ),
    (
        "a document in the list of supplemental ones",
        [("</def:AnnotatedCRF>", "</def:AnnotatedCRF><def:SupplementalDoc/>")],
        ["DEF-XSD"],
    ),
    (
        "a supplemental document that is defined",
        [("</def:AnnotatedCRF>", f"</def:AnnotatedCRF>{SUPPLEMENTAL}"),
         (f"SupplementalDoc>{ACRF}", f"SupplementalDoc>{UNKNOWN_DOCUMENT}")],
        ["DEF-REF MetaDataVersion MDV.S1.SDTM"],
    ),
    (
        "one reference to a document in an element",
        [("</MethodDef>", f"{2 * ACRF}</MethodDef>")],
        ["DEF-DOCUMENT MethodDef MT.AE.AESEQ"],
    ),
    (
        "no document that nothing refers to",
        [("</MetaDataVersion>",
          '<def:leaf ID="LF.x" xlink:href="x.pdf"><def:title>X</def:title></def:leaf></MetaDataVersion>')],
        ["DEF-UNUSED leaf LF.x"],
    ),
    (
        "each document once",
        [("</MetaDataVersion>",
          '<def:leaf ID="LF.x" xlink:href="acrf.pdf"><def:title>Annotated Case Report Form</def:title>'
          "</def:leaf></MetaDataVersion>"),
         ("</MethodDef>", '<def:DocumentRef leafID="LF.x"/></MethodDef>')],
        ["DEF-DOCUMENT leaf LF.x"],
    ),
    # --- value lists and where clauses
    (
        "a where clause of each row of a value list",
        [('<def:WhereClauseRef WhereClauseOID="WC.SUPPAE.QNAM.AEREL2"/>', "")],
        ["DEF-UNUSED WhereClauseDef WC.SUPPAE.QNAM.AEREL2", "DEF-WHERE SUPPAE.QVAL.AEREL2"],
    ),
    (
        "a where clause that is defined",
        [('Ref WhereClauseOID="WC.SUPPAE.QNAM.AEREL2"', 'Ref WhereClauseOID="WC.NONE"')],
        ["DEF-REF SUPPAE.QVAL.AEREL2", "DEF-UNUSED WhereClauseDef WC.SUPPAE.QNAM.AEREL2"],
    ),
    (
        "a where clause that is defined once",
        [('WhereClauseDef OID="WC.SUPPAE.QNAM.AETERM1"', 'WhereClauseDef OID="WC.SUPPAE.QNAM.AEREL2"')],
        ["DEF-REF SUPPAE.QVAL.AETERM1", "DEF-REF WhereClauseDef WC.SUPPAE.QNAM.AEREL2", "DEF-XSD"],
    ),
    (
        "no where clause that nothing refers to",
        [("<ItemGroupDef OID",
          '<def:WhereClauseDef OID="WC.X">'
          '<RangeCheck Comparator="EQ" SoftHard="Soft" def:ItemOID="IT.AE.AECAT">'
          "<CheckValue>X</CheckValue></RangeCheck></def:WhereClauseDef><ItemGroupDef OID")],
        ["DEF-UNUSED WhereClauseDef WC.X"],
    ),
    (
        "of a check the item that it tests",
        [('def:ItemOID="IT.SUPPAE.QNAM"', 'def:ItemOID="IT.NONE"')],
        ["DEF-REF WhereClauseDef WC.SUPPAE.QNAM.AEREL2"],
    ),
    (
        "of a where clause a comment that is defined",
        [('WhereClauseDef OID="WC.SUPPAE.QNAM.AEREL2"',
          'WhereClauseDef OID="WC.SUPPAE.QNAM.AEREL2" def:CommentOID="COM.NONE"')],
        ["DEF-REF WhereClauseDef WC.SUPPAE.QNAM.AEREL2"],
    ),
    ("a comparison with one value",
     [("<CheckValue>AEREL2</CheckValue>", "<CheckValue>AEREL2</CheckValue><CheckValue>X</CheckValue>")],
     ["DEF-WHERE WhereClauseDef WC.SUPPAE.QNAM.AEREL2"]),
    ("a comparison with some value", [("<CheckValue>AEREL2</CheckValue>", "")],
     ["DEF-WHERE WhereClauseDef WC.SUPPAE.QNAM.AEREL2", "DEF-XSD"]),
    # --- datasets
    (
        "no file of a dataset without data",
        [('def:ArchiveLocationID="LF.AE"', 'def:ArchiveLocationID="LF.AE" def:HasNoData="Yes"')],
        ["DEF-CLASS AE"],
    ),
    (
        "the file of a dataset with data",
        [(' def:ArchiveLocationID="LF.AE"', "")],
        ["DEF-CLASS AE", "DEF-UNUSED AE"],
    ),
    (
        "a file that the dataset itself defines",
        [('ArchiveLocationID="LF.AE"', 'ArchiveLocationID="LF.DM"')],
        ["DEF-CLASS AE", "DEF-UNUSED AE"],
    ),
    (
        "of a dataset a standard, or that it has none, and not both",
        [('def:StandardOID="STD.IG.SDTMIG"', 'def:StandardOID="STD.IG.SDTMIG" def:IsNonStandard="Yes"')],
        ["DEF-STANDARD DM"],
    ),
    (
        "of a dataset a standard, or that it has none",
        [(' def:StandardOID="STD.IG.SDTMIG"', "")],
        ["DEF-STANDARD DM"],
    ),
    ("the label of a dataset", [(">Demographics<", "><")], ["DEF-LABEL DM"]),
    (
        "of a SUPP-- the domain whose records it qualifies",
        [('<Alias Context="DomainDescription" Name="Adverse Events"/>', "")],
        ["DEF-CLASS SUPPAE"],
    ),
    (
        "of a SUPP-- that domain even where its Domain is its own name",
        [('Name="SUPPAE" Domain="AE"', 'Name="SUPPAE" Domain="SUPPAE"'),
         ('<Alias Context="DomainDescription" Name="Adverse Events"/>', "")],
        ["DEF-CLASS SUPPAE"],
    ),
    (
        "that description in an Alias of this context",
        [('Alias Context="DomainDescription"', 'Alias Context="Domain"')],
        ["DEF-CLASS SUPPAE"],
    ),
    (
        "of a tabulation a class of tabulations",
        [('Class Name="EVENTS"', 'Class Name="OCCURRENCE DATA STRUCTURE"')],
        ["DEF-CLASS AE"],
    ),
    (
        "of a tabulation no subclass",
        [('Class Name="EVENTS"/>', 'Class Name="EVENTS"><def:SubClass Name="ADVERSE EVENT"/></def:Class>')],
        ["DEF-CLASS AE"],
    ),
    (
        "the key of a dataset",
        [('KeySequence="1" ', ""), ('KeySequence="2" ', "")],
        ["DEF-CLASS DM"],
    ),
    (
        "of a dataset a comment that is defined",
        [('CommentOID="COM.AE"', 'CommentOID="COM.NONE"')],
        ["DEF-REF AE", "DEF-UNUSED CommentDef COM.AE"],
    ),
    # --- variables
    ("the place of each variable", [(' OrderNumber="4"', "")], ["DEF-ORDER DM"]),
    ("a whole number for it", [(' OrderNumber="4"', ' OrderNumber="IV"')], ["DEF-XSD"]),
    ("a place of its own", [(' OrderNumber="4"', ' OrderNumber="3"')], ["DEF-ORDER DM", "DEF-XSD"]),
    (
        "an item that is defined",
        [('ItemRef ItemOID="IT.DM.SEX"', 'ItemRef ItemOID="IT.NONE"')],
        ["DEF-REF ItemGroupDef IG.DM", "DEF-UNUSED ItemDef IT.DM.SEX"],
    ),
    (
        "no item that no ItemRef refers to, whatever else does",
        [('<ItemRef ItemOID="IT.AE.AECAT" OrderNumber="6" Mandatory="No" Role="Grouping Qualifier"/>', "")],
        ["DEF-UNUSED ItemDef IT.AE.AECAT", "DEF-WHERE WhereClauseDef WC.AE.AECAT.A_2FB_20SYMPTOM",
         "DEF-WHERE WhereClauseDef WC.AE.AECAT.EVENT"],
    ),
    (
        "a method that is defined",
        [('MethodOID="MT.AE.AESEQ"', 'MethodOID="MT.NONE"')],
        ["DEF-REF AE.AESEQ", "DEF-UNUSED MethodDef MT.AE.AESEQ"],
    ),
    (
        "the page of a collected variable",
        [('<def:DocumentRef leafID="LF.acrf">'
          '<def:PDFPageRef PageRefs="3" Type="PhysicalRef"/></def:DocumentRef>', "")],
        ["DEF-ORIGIN DM.RFICDTC"],
    ),
    (
        "of an origin a document that is defined",
        [('<def:DocumentRef leafID="LF.acrf"><def:PDFPageRef PageRefs="3"',
          '<def:DocumentRef leafID="LF.none"><def:PDFPageRef PageRefs="3"')],
        ["DEF-REF DM.RFICDTC"],
    ),
    (
        "of a variable a comment that is defined",
        [('CommentOID="COM.DM.DTHFL"', 'CommentOID="COM.NONE"')],
        ["DEF-REF DM.DTHFL", "DEF-UNUSED CommentDef COM.DM.DTHFL"],
    ),
    (
        "a code list that is defined",
        [('CodeListRef CodeListOID="CL.SEX"', 'CodeListRef CodeListOID="CL.NONE"')],
        ["DEF-REF DM.SEX", "DEF-UNUSED CodeList CL.SEX"],
    ),
    (
        "a list of roles that is defined",
        [('Role="Topic"', 'Role="Topic" RoleCodeListOID="CL.NONE"')],
        ["DEF-REF AE.AETERM"],
    ),
    (
        "a value list that is defined",
        [('ValueListRef ValueListOID="VL.SUPPAE.QVAL"', 'ValueListRef ValueListOID="VL.NONE"')],
        ["DEF-REF SUPPAE.QVAL", "DEF-UNUSED ValueListDef VL.SUPPAE.QVAL"],
    ),
    ("the length of a text", [(' Length="1" SASField', " SASField")], ["DEF-LENGTH DM.SEX"]),
    ("the digits of a float", [(' SignificantDigits="2"', "")], ["DEF-LENGTH AE.AESIZE"]),
    ("one name in define.xml and in SAS", [('FieldName="SEX"', 'FieldName="GENDER"')], ["DEF-NAME DM.SEX"]),
    ("pages that are numbers", [('PageRefs="3"', 'PageRefs="p. 3"')], ["DEF-PAGE DM.RFICDTC"]),
    ("pages of a run in their order",
     [('PageRefs="3"', 'FirstPage="4" LastPage="3"')], ["DEF-PAGE DM.RFICDTC"]),
    ("a first and a last page", [('PageRefs="3"', 'FirstPage="3"')], ["DEF-PAGE DM.RFICDTC"]),
    ("a destination by its name",
     [('PageRefs="3" Type="PhysicalRef"', 'Type="NamedDestination"')], ["DEF-PAGE DM.RFICDTC"]),
    ("why a variable has no data", [(' def:CommentOID="COM.DM.DTHFL"', "")],
     ["DEF-COMMENT DM.DTHFL", "DEF-UNUSED CommentDef COM.DM.DTHFL"]),
    ("keys that are numbered 1, 2, 3", [('KeySequence="2"', 'KeySequence="3"')], ["DEF-ORDER DM"]),
    (
        "keys that are numbered with those among the supplemental qualifiers",
        [('ItemOID="IT.SUPPAE.QVAL.AEREL2" OrderNumber="1"',
          'ItemOID="IT.SUPPAE.QVAL.AEREL2" KeySequence="6" OrderNumber="1"')],
        ["DEF-ORDER AE"],
    ),
    # --- code lists
    ("no code list that nothing refers to", [('<CodeListRef CodeListOID="CL.SEX"/>', "")],
     ["DEF-UNUSED CodeList CL.SEX"]),
    (
        "a name of its own for each code list",
        [('OID="CL.SEX" Name="Sex"', 'OID="CL.SEX" Name="Causality"')],
        ["DEF-CODELIST CodeList CL.REL", "DEF-CODELIST CodeList CL.SEX"],
    ),
    ("the rank of all enumerated terms, or of none", [(' Rank="1"', "")], ["DEF-CODELIST CodeList CL.GRADE"]),
    (
        "the number of all enumerated terms, or of none",
        [(' Rank="1"', ' Rank="1" OrderNumber="1"')],
        ["DEF-CODELIST CodeList CL.GRADE"],
    ),
    (
        "a number of its own for each enumerated term",
        [(' Rank="1"', ' Rank="1" OrderNumber="1"'), (' Rank="2"', ' Rank="2" OrderNumber="1"')],
        ["DEF-XSD"],
    ),
    (
        "the rank of all decoded terms, or of none",
        [('CodeListItem CodedValue="N"', 'CodeListItem CodedValue="N" Rank="1"')],
        ["DEF-CODELIST CodeList CL.NY"],
    ),
    (
        "the number of all decoded terms, or of none",
        [('CodeListItem CodedValue="N"', 'CodeListItem CodedValue="N" OrderNumber="1"')],
        ["DEF-CODELIST CodeList CL.NY"],
    ),
    (
        "a number of its own for each decoded term",
        [('CodeListItem CodedValue="N"', 'CodeListItem CodedValue="N" OrderNumber="1"'),
         ('CodeListItem CodedValue="Y"', 'CodeListItem CodedValue="Y" OrderNumber="1"')],
        ["DEF-XSD"],
    ),
    (
        "of a code list a terminology, or that it has none, and not both",
        [('Name="Sex" DataType="text"', 'Name="Sex" DataType="text" def:IsNonStandard="Yes"')],
        ["DEF-STANDARD CodeList CL.SEX"],
    ),
    (
        "of a code list a terminology, or that it has none",
        [('Name="Grade" DataType="text" def:IsNonStandard="Yes"', 'Name="Grade" DataType="text"')],
        ["DEF-STANDARD CodeList CL.GRADE"],
    ),
    (
        "the terminology of a code list with an NCI code",
        [('Name="Sex" DataType="text" def:StandardOID="STD.CT.SDTM"',
          'Name="Sex" DataType="text" def:IsNonStandard="Yes"')],
        ["DEF-STANDARD CodeList CL.SEX"],
    ),
    # --- methods and comments
    ("no method that nothing refers to", [(' MethodOID="MT.AE.AESEQ"', "")],
     ["DEF-ORIGIN AE.AESEQ", "DEF-UNUSED MethodDef MT.AE.AESEQ"]),
    ("the type of a method", [(' Type="Computation"', "")], ["DEF-METHOD MethodDef MT.AE.AESEQ"]),
    ("a type that there is", [(' Type="Computation"', ' Type="Guess"')], ["DEF-XSD"]),
    (
        "the text of a method",
        [(">Study identifier and the first subject number the person was given; one person keeps one"
          " identifier over screenings.<", "> <")],
        ["DEF-LABEL MethodDef MT.DM.USUBJID"],
    ),
    ("of a method a document that is defined", [("</MethodDef>", f"{UNKNOWN_DOCUMENT}</MethodDef>")],
     ["DEF-REF MethodDef MT.AE.AESEQ"]),
    ("no comment that nothing refers to", [(' def:CommentOID="COM.AE"', "")],
     ["DEF-UNUSED CommentDef COM.AE"]),
    ("the text of a comment", [(">Symptoms of the diary are here too.<", "> <")],
     ["DEF-LABEL CommentDef COM.AE"]),
    ("of a comment a document that is defined",
     [("</def:CommentDef>", f"{UNKNOWN_DOCUMENT}</def:CommentDef>")], ["DEF-REF CommentDef COM.AE"]),
]  # fmt: skip
ADAM: list[tuple[str, list[Change], list[str]]] = [
    # --- datasets
    (
        "of an analysis dataset a class of analysis",
        [(ADSL_CLASS, 'Class Name="SPECIAL PURPOSE"/>')],
        ["DEF-CLASS ADSL"],
    ),
    (
        "of a subclass the class that it is of",
        [(ADSL_CLASS, 'Class Name="BASIC DATA STRUCTURE"><def:SubClass Name="ADVERSE EVENT"/></def:Class>'),
         (RESULT, f'{RESULT}ParameterOID="IT.ADSL.SEX" ')],
        ["DEF-CLASS ADSL"],
    ),
    (
        "of the subclass of times to event that class",
        [(ADSL_CLASS, f"{OTHER_CLASS}TIME-TO-EVENT{CLASS_ENDS}")],
        ["DEF-CLASS ADSL"],
    ),
    (
        "of the subclass of non-compartmental analyses that class",
        [(ADSL_CLASS, f"{OTHER_CLASS}NON-COMPARTMENTAL ANALYSIS{CLASS_ENDS}")],
        ["DEF-CLASS ADSL"],
    ),
    (
        "of the subclass of population pharmacokinetics that class",
        [(ADSL_CLASS, f"{OTHER_CLASS}POPULATION PHARMACOKINETIC ANALYSIS{CLASS_ENDS}")],
        ["DEF-CLASS ADSL"],
    ),
    (
        "of the subclass of devices' times to event that class",
        [(ADSL_CLASS, f"{OTHER_CLASS}MEDICAL DEVICE TIME-TO-EVENT{CLASS_ENDS}")],
        ["DEF-CLASS ADSL"],
    ),
    # --- displays and their results
    (
        "an identifier of its own for each display",
        [(DISPLAY_ENDS, f'{DISPLAY_ENDS}<arm:ResultDisplay OID="RD.1" Name="Table 2">'
          '<Description><TranslatedText>X</TranslatedText></Description></arm:ResultDisplay>')],
        ["DEF-RESULT ResultDisplay RD.1", "DEF-XSD"],
    ),
    (
        "a name of its own for each display",
        [(DISPLAY_ENDS, f'{DISPLAY_ENDS}<arm:ResultDisplay OID="RD.2" Name="Table 1">'
          '<Description><TranslatedText>X</TranslatedText></Description></arm:ResultDisplay>')],
        ["DEF-RESULT ResultDisplay RD.2", "DEF-XSD"],
    ),
    ("the description of a display", [(">Women &amp; men, All<", "><")], ["DEF-RESULT ResultDisplay RD.1"]),
    ("the description of a result", [(">Rate of women<", "><")], ["DEF-RESULT AnalysisResult AR.WOMEN"]),
    ("the description of the documentation", [(">Women of &lt;all&gt;.<", "> <")],
     ["DEF-RESULT AnalysisResult AR.WOMEN"]),
    (
        "of a display a document that is defined",
        [('<def:DocumentRef leafID="LF.results"><def:PDF', '<def:DocumentRef leafID="LF.none"><def:PDF')],
        ["DEF-REF ResultDisplay RD.1"],
    ),
    ("of the documentation a document that is defined",
     [("</arm:Documentation>", f"{UNKNOWN_DOCUMENT}</arm:Documentation>")],
     ["DEF-REF AnalysisResult AR.WOMEN"]),
    ("of the program a document that is defined",
     [("</arm:ProgrammingCode>", f"{UNKNOWN_DOCUMENT}</arm:ProgrammingCode>")],
     ["DEF-REF AnalysisResult AR.WOMEN"]),
    (
        "an identifier of its own for each result of a display",
        [(DISPLAY_ENDS, f'<arm:AnalysisResult OID="AR.WOMEN" AnalysisReason="DATA DRIVEN" AnalysisPurpose='
          '"EXPLORATORY OUTCOME MEASURE"><Description><TranslatedText>X</TranslatedText></Description>'
          f'<arm:AnalysisDatasets><arm:AnalysisDataset ItemGroupOID="IG.ADSL">{VARIABLE}{DATASET_ENDS}'
          "</arm:AnalysisDatasets><arm:Documentation><Description><TranslatedText>X</TranslatedText>"
          "</Description></arm:Documentation><arm:ProgrammingCode><arm:Code>X</arm:Code></arm:ProgrammingCode>"
          f"</arm:AnalysisResult>{DISPLAY_ENDS}")],
        ["DEF-RESULT AnalysisResult AR.WOMEN"],
    ),
    (
        "a parameter that is defined",
        [(RESULT, f'{RESULT}ParameterOID="IT.NONE" ')],
        ["DEF-REF AnalysisResult AR.WOMEN"],
    ),
    (
        "the parameter of an analysis by parameter",
        [(ADSL_CLASS, 'Class Name="BASIC DATA STRUCTURE"/>')],
        ["DEF-RESULT AnalysisResult AR.WOMEN"],
    ),
    (
        "no parameter of another analysis",
        [(RESULT, f'{RESULT}ParameterOID="IT.ADSL.SEX" ')],
        ["DEF-RESULT AnalysisResult AR.WOMEN"],
    ),
    (
        "of the datasets a comment that is defined",
        [("<arm:AnalysisDatasets>", '<arm:AnalysisDatasets def:CommentOID="COM.NONE">')],
        ["DEF-REF AnalysisResult AR.WOMEN"],
    ),
    ("of several datasets a comment on how they are joined", [(DATASET_ENDS, SECOND_DATASET)],
     ["DEF-RESULT AnalysisResult AR.WOMEN"]),
    (
        "a dataset that is defined",
        [('ItemGroupOID="IG.ADSL"', 'ItemGroupOID="IG.NONE"')],
        ["DEF-REF AnalysisResult AR.WOMEN"] + 2 * ["DEF-RESULT AnalysisResult AR.WOMEN"],
    ),
    (
        "of a dataset a where clause that is defined",
        [('WhereClauseRef WhereClauseOID="WC.ADSL.STUDYID.S1"', 'WhereClauseRef WhereClauseOID="WC.NONE"')],
        ["DEF-REF AnalysisResult AR.WOMEN", "DEF-UNUSED WhereClauseDef WC.ADSL.STUDYID.S1"],
    ),
    ("an analysis variable", [(VARIABLE, "")], ["DEF-RESULT AnalysisResult AR.WOMEN"]),
    (
        "an analysis variable that is defined",
        [(VARIABLE, VARIABLE.replace("IT.ADSL.SEX", "IT.NONE"))],
        ["DEF-REF AnalysisResult AR.WOMEN"],
    ),
    ("a program, or a document that holds it", [("<arm:Code>", "<arm:Code/><!--"), ("</arm:Code>", "-->")],
     ["DEF-RESULT AnalysisResult AR.WOMEN"]),
]  # fmt: skip
ASKED = [("sdtm", *row) for row in SDTM] + [("adam", *row) for row in ADAM]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    study = small.study(tmp_path_factory.mktemp("study"))
    package = replace(small.package(study), documents=results.documents(study))
    texts: dict[str, str] = {}
    layers: tuple[Layer, Layer] = ("sdtm", "adam")
    for layer in layers:
        folder = tmp_path_factory.mktemp(layer)
        define.write(package, layer, folder)
        texts[layer] = (folder / "define.xml").read_text(encoding="utf-8")
    return texts


def spoiled(content: str, changes: list[Change]) -> str:
    for old, new in changes:
        assert old in content, f"nothing reads {old}"
        content = content.replace(old, new, 1)
    return content


def found(content: str, folder: Path) -> list[str]:
    """Rule and place of each finding, in order."""
    (folder / "define.xml").write_text(content, encoding="utf-8")
    findings = define_file.check(folder / "define.xml")
    return sorted(
        f"{f.rule} {'.'.join(filter(None, (f.dataset, f.variable))) or f.key}".strip() for f in findings
    )


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_a_define_without_fault_is_silent(clean: dict[str, str], tmp_path: Path, layer: str) -> None:
    assert found(clean[layer], tmp_path) == []


@pytest.mark.parametrize(
    ("layer", "changes", "due"), [(r[0], r[2], r[3]) for r in ASKED], ids=[f"{r[0]}: {r[1]}" for r in ASKED]
)
def test_a_define_is_asked_for(
    clean: dict[str, str], tmp_path: Path, layer: str, changes: list[Change], due: list[str]
) -> None:
    content = spoiled(clean[layer], changes)
    assert found(content, tmp_path) == due


def test_every_rule_has_a_planted_fault() -> None:
    source = "\n".join(inspect.getsource(m) for m in (whole, datasets, elements, lists, analyses))
    assert set(re.findall(r'"(DEF-[A-Z]+)"', source)) == {
        place.split(" ")[0] for r in ASKED for place in r[3]
    }


# What is right, and no other than what is planted above: nothing is to be found.
RIGHT: list[tuple[str, Layer, list[Change]]] = [
    (
        "a key among the supplemental qualifiers that continues the keys of the dataset",
        "sdtm",
        [
            (
                'ItemOID="IT.SUPPAE.QVAL.AEREL2" OrderNumber="1"',
                'ItemOID="IT.SUPPAE.QVAL.AEREL2" KeySequence="5" OrderNumber="1"',
            )
        ],
    ),
    (
        "the terminology of Define-XML, to which nothing refers",
        "sdtm",
        [
            (
                "</def:Standards>",
                '<def:Standard OID="STD.X" Name="CDISC/NCI" Type="CT" PublishingSet="DEFINE-XML"'
                ' Version="2020-12-18" Status="Final"/></def:Standards>',
            )
        ],
    ),
    (
        "a dataset without data and without a file",
        "sdtm",
        [
            ('def:ArchiveLocationID="LF.AE"', 'def:HasNoData="Yes"'),
            ('<def:leaf ID="LF.AE" xlink:href="ae.xpt"><def:title>ae.xpt</def:title></def:leaf>', ""),
        ],
    ),
    (
        "no page, no label and no key in a file that is for no submission",
        "sdtm",
        [
            ('def:Context="Submission"', 'def:Context="Other"'),
            ('<def:PDFPageRef PageRefs="3" Type="PhysicalRef"/>', ""),
            (">Sex<", "><"),
            ('KeySequence="1" ', ""),
            ('KeySequence="2" ', ""),
        ],
    ),
    (
        "a derived variable of which each value has its method",
        "sdtm",
        [
            (
                '<def:ValueListRef ValueListOID="VL.SUPPAE.QVAL"/>',
                '<def:Origin Type="Derived" Source="Sponsor"/><def:ValueListRef'
                ' ValueListOID="VL.SUPPAE.QVAL"/>',
            ),
            ('QVAL.AEREL2" OrderNumber="1"', 'QVAL.AEREL2" OrderNumber="1" MethodOID="MT.AE.AESEQ"'),
            ('QVAL.AETERM1" OrderNumber="2"', 'QVAL.AETERM1" OrderNumber="2" MethodOID="MT.AE.AESEQ"'),
        ],
    ),
    ("a list of roles that is defined", "sdtm", [('Role="Topic"', 'Role="Topic" RoleCodeListOID="CL.SEX"')]),
    (
        "a program in a document",
        "adam",
        [("<arm:Code>", '<def:DocumentRef leafID="LF.results"/><!--'), ("</arm:Code>", "-->")],
    ),
    (
        "a subclass in its class",
        "adam",
        [
            (
                ADSL_CLASS,
                'Class Name="BASIC DATA STRUCTURE"><def:SubClass Name="TIME-TO-EVENT"/></def:Class>',
            ),
            (RESULT, f'{RESULT}ParameterOID="IT.ADSL.SEX" '),
        ],
    ),
    (
        "several datasets with a comment on how they are joined",
        "adam",
        [
            (DATASET_ENDS, SECOND_DATASET),
            ("<arm:AnalysisDatasets>", '<arm:AnalysisDatasets def:CommentOID="COM.X">'),
            (
                '<def:leaf ID="LF.results"',
                '<def:CommentDef OID="COM.X"><Description><TranslatedText>By subject.</TranslatedText>'
                '</Description></def:CommentDef><def:leaf ID="LF.results"',
            ),
        ],
    ),
]


@pytest.mark.parametrize(("layer", "changes"), [r[1:] for r in RIGHT], ids=[r[0] for r in RIGHT])
def test_a_define_is_not_blamed_for(
    clean: dict[str, str], tmp_path: Path, layer: str, changes: list[Change]
) -> None:
    content = spoiled(clean[layer], changes)
    assert found(content, tmp_path) == []


@pytest.mark.parametrize(
    ("layer", "changes", "said"),
    [
        # a message says the fault, and not its reverse
        ("sdtm", [(' SignificantDigits="2"', "")], ["DataType float needs SignificantDigits; add them"]),
        ("sdtm", [(' Length="1" SASField', " SASField")], ["DataType text needs a Length"]),
        ("sdtm", [(">Demographics<", "><")], ["has no label; write it in a Description"]),
        (
            "sdtm",
            [(">Demographics<", f">{'Demographics ' * 4}<")],
            ["the label has 51 bytes; a transport file holds 40, so shorten it"],
        ),
        (
            "sdtm",
            [(' def:StandardOID="STD.IG.SDTMIG"', "")],
            [
                "has neither def:StandardOID nor def:IsNonStandard; name its standard, or mark it as the"
                " sponsor's own"
            ],
        ),
        (
            "sdtm",
            [('def:StandardOID="STD.IG.SDTMIG"', 'def:StandardOID="STD.IG.SDTMIG" def:IsNonStandard="Yes"')],
            ["has def:StandardOID STD.IG.SDTMIG and def:IsNonStandard; keep the one that is true"],
        ),
        (
            "sdtm",
            [('PublishingSet="SDTM" ', "")],
            ["is a terminology without PublishingSet; say which, such as SDTM"],
        ),
        (
            "sdtm",
            [('Type="IG" ', 'Type="IG" PublishingSet="SDTM" ')],
            ["has PublishingSet SDTM, which only a terminology has; remove it"],
        ),
        (
            "sdtm",
            [
                (
                    "<CheckValue>AEREL2</CheckValue>",
                    "<CheckValue>AEREL2</CheckValue><CheckValue>X</CheckValue>",
                )
            ],
            ["EQ has 2 values; give it one, or compare with IN or NOTIN"],
        ),
        (
            "sdtm",
            [('PageRefs="3" Type="PhysicalRef"', 'FirstPage="3" Type="PhysicalRef"')],
            ["names no pages; expected PageRefs such as 3 17, or FirstPage and LastPage"],
        ),
        (
            "sdtm",
            [(' Type="Computation"', ' Type="Guess"')],
            ["MethodDef: Type is 'Guess'; expected one of 'Computation', 'Imputation', 'Transpose', 'Other'"],
        ),
        (
            "sdtm",
            [(' OrderNumber="4"', ' OrderNumber="IV"')],
            ["ItemRef: OrderNumber is 'IV'; expected a value of the type integer"],
        ),
        (
            "sdtm",
            [('Repeating="No" ', "")],
            ["ItemGroupDef: needs the attribute Repeating; give it one"],
        ),
        (
            "sdtm",
            [(' def:IsNonStandard="Yes"', ' IsNonStandard="Yes"')],
            [
                "CodeList: the attribute IsNonStandard has no place there; remove it, or write it with its"
                " prefix"
            ],
        ),
        (
            "adam",
            [(ADSL_CLASS, 'Class Name="BASIC DATA STRUCTURE"/>')],
            ["is of a dataset of the class BASIC DATA STRUCTURE and has no ParameterOID; name the parameter"],
        ),
        (
            "adam",
            [(RESULT, f'{RESULT}ParameterOID="IT.ADSL.SEX" ')],
            ["ParameterOID IT.ADSL.SEX: its dataset has no parameters; remove it"],
        ),
    ],
)
def test_a_message_says_what_is_wrong(
    clean: dict[str, str], tmp_path: Path, layer: str, changes: list[Change], said: list[str]
) -> None:
    content = spoiled(clean[layer], changes)
    (tmp_path / "define.xml").write_text(content, encoding="utf-8")
    assert [f.message for f in define_file.check(tmp_path / "define.xml")] == said
